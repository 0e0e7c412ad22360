import {
  type Icon,
  IconAdjustments,
  IconBuilding,
  IconBuildingCommunity,
  IconCalendar,
  IconFlag,
  IconHistory,
  IconHome,
  IconKey,
  IconSettings,
  IconShieldLock,
  IconUsers,
} from '@tabler/icons-react'

interface Section {
  path: string
  title: 'home' | 'meetings' | 'users' | 'departments' | 'preferences' | 'settings' | 'sso' | 'flags' | 'keys' | 'audit' | 'tenants'
  icon: Icon
  /** What one has to have for it to be shown; none: everybody has it. */
  feature?: string
}

/** The entries of the navigation. */
export const SECTIONS: readonly Section[] = [
  { path: '/', title: 'home', icon: IconHome },
  { path: '/meetings', title: 'meetings', icon: IconCalendar, feature: 'meetings' },
  { path: '/settings', title: 'preferences', icon: IconAdjustments },
]

export const ADMINISTRATION: readonly Section[] = [
  { path: '/admin/users', title: 'users', icon: IconUsers, feature: 'users' },
  { path: '/admin/departments', title: 'departments', icon: IconBuilding, feature: 'administration' },
  { path: '/admin/settings', title: 'settings', icon: IconSettings, feature: 'administration' },
  { path: '/admin/sso', title: 'sso', icon: IconShieldLock, feature: 'administration' },
  { path: '/admin/flags', title: 'flags', icon: IconFlag, feature: 'administration' },
  { path: '/admin/keys', title: 'keys', icon: IconKey, feature: 'administration' },
  { path: '/admin/audit', title: 'audit', icon: IconHistory, feature: 'audit' },
  { path: '/admin/tenants', title: 'tenants', icon: IconBuildingCommunity, feature: 'tenants' },
]

/** Those that somebody with these features sees. */
export function shown(sections: readonly Section[], features: readonly string[]): readonly Section[] {
  return sections.filter(({ feature }) => feature === undefined || features.includes(feature))
}

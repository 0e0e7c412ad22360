/** The flags that there are, with what holds where nobody has chosen (services/accounts). */
export const FLAGS = {
  meetings: true,
  guests: true,
  calendars: true,
  profile_edit: true,
  password_change: true,
  labs: false,
  blur: false,
} as const

export type FlagName = keyof typeof FLAGS

export const FLAG_NAMES = Object.keys(FLAGS) as FlagName[]

export function isFlag(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name)
}

import { Avatar, type AvatarProps } from '@mantine/core'
import { BASE } from '../../api/client'

interface Person {
  id: string
  name: string
  email: string
  avatar?: string | undefined
}

interface Props extends Omit<AvatarProps, 'src'> {
  person: Person
  size: number
}

/** A person's picture, or initials. Beside the name, so it says nothing to who does not see it. */
export function PersonAvatar({ person, size, ...rest }: Props) {
  const src = person.avatar ? pictureOf(person.id, person.avatar, size) : null
  return <Avatar src={src} name={person.name || person.email} color="rail" variant="light" size={size} alt="" aria-hidden {...rest} />
}

function pictureOf(id: string, version: string, size: number): string {
  const kept = size <= 24 ? 48 : size <= 64 ? 128 : 512
  return `${BASE}/users/${id}/avatar/${version}/${kept}`
}

import { notifications } from '@mantine/notifications'

/** Tells of something that was done, where nothing else on the page shows it. */
export function tell(message: string): void {
  notifications.show({ message, autoClose: 5_000 })
}

export type PartOfDay = 'morning' | 'day' | 'evening'

/** Which greeting an hour of the day has. */
export function greetingAt(hour: number): PartOfDay {
  if (hour >= 5 && hour < 12) return 'morning'
  return hour >= 12 && hour < 18 ? 'day' : 'evening'
}

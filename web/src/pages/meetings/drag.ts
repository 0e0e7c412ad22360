import { type DragEvent, useState } from 'react'
import type { Person } from './types'

/** What a dragged person is called by, so that nothing else is taken for one. */
const TYPE = 'application/x-switchyard-person'

/** Makes something that shows a person draggable. */
export const dragged = (person: Person) => ({
  draggable: true,
  onDragStart: (event: DragEvent) => {
    const { id, name, email, avatar } = person
    event.dataTransfer.setData(TYPE, JSON.stringify({ id, name, ...(email && { email }), ...(avatar && { avatar }) }))
    event.dataTransfer.effectAllowed = 'copyMove'
  },
})

/** Makes something a place where people can be dropped. `over`: one is above it. */
export function useDrop(take: (person: Person) => void) {
  const [over, setOver] = useState(false)
  const carries = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes(TYPE)
  const place = {
    onDragOver: (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: (event: DragEvent) => {
      if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setOver(false)
    },
    onDrop: (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      setOver(false)
      take(JSON.parse(event.dataTransfer.getData(TYPE)) as Person)
    },
  }
  return { over, place }
}

import { expect, it } from 'vitest'
import { readPreferences } from './preferences'

const kept = (text: string | null) => readPreferences({ getItem: () => text })

it('shows and hears everything until one says otherwise', () => {
  expect(kept(null)).toEqual({ reactions: true, cameras: true, shortcuts: true })
  expect(kept('{"reactions":false}')).toEqual({ reactions: false, cameras: true, shortcuts: true })
  expect(kept('{"cameras":false}')).toEqual({ reactions: true, cameras: false, shortcuts: true })
  expect(kept('{"shortcuts":false,"later":1}')).toEqual({ reactions: true, cameras: true, shortcuts: false })
})

it('reads what is not its own as nothing', () => {
  for (const text of ['', 'null', '[]', '{', '{"reactions":"no"}']) expect(kept(text)).toEqual({ reactions: true, cameras: true, shortcuts: true })
  expect(
    readPreferences({
      getItem: () => {
        throw new Error('storage is not allowed')
      },
    }),
  ).toEqual({ reactions: true, cameras: true, shortcuts: true })
})

import { describe, expect, it } from 'vitest'
import { Chat } from './chat'
import type { ReplyTo, Request, ServerEvents } from './messages'

const said = (n: number, text = `text ${n}`): ServerEvents['message'] => ({
  message: `M${String(n).padStart(5, '0')}`, number: n, from: 'P1', sender: 'user-1', name: 'Ann', to: [], topic: 'chat', text, at: new Date(n * 1000).toISOString(),
})
const past = (numbers: number[], more: boolean) => ({
  type: 'past' as const,
  messages: numbers.map((n) => {
    const { message, from, sender, name, text, at } = said(n)
    return { message, from, sender, name, text, at }
  }),
  more,
})

/** A chat whose questions are answered by the test. */
function chat() {
  const asked: { body: Request; answer: (reply: unknown) => void; refuse: (error: Error) => void }[] = []
  const it = new Chat(<T extends Request>(body: T) => new Promise<ReplyTo[T['type']]>((answer, refuse) => asked.push({ body, answer: answer as (reply: unknown) => void, refuse })))
  return { chat: it, asked }
}
const settle = () => new Promise((resolve) => setTimeout(resolve))

describe('the chat', () => {
  it('puts together what was said before and since, each once, in order', async () => {
    const { chat: it, asked } = chat()
    it.onJoined()
    it.onMessage(said(5), 'P9')
    it.onMessage(said(4), 'P9')
    asked[0]?.answer(past([3, 4], true))
    await settle()
    expect(it.view.messages.map(({ text }) => text)).toEqual(['text 3', 'text 4', 'text 5'])
    expect(it.view.more).toBe(true)
    const older = it.older()
    expect(asked[1]?.body).toEqual({ type: 'history', before: 'M00003' })
    asked[1]?.answer(past([1, 2], false))
    await older
    expect(it.view.messages.map(({ id }) => id)).toEqual(['M00001', 'M00002', 'M00003', 'M00004', 'M00005'])
    expect(it.view.more).toBe(false)
    await it.older()
    expect(asked).toHaveLength(2)
  })

  it('tells only what others said just now, once', () => {
    const { chat: it } = chat()
    const heard: string[] = []
    it.on('said', ({ id }) => heard.push(id))
    it.onMessage(said(1), 'P1')
    it.onMessage(said(2), 'P9')
    it.onMessage(said(2), 'P9')
    it.onMessage({ ...said(3), to: ['P9'] }, 'P9')
    it.onMessage({ ...said(4), topic: 'notes' }, 'P9')
    expect(heard).toEqual(['M00002'])
    expect(it.view.messages).toHaveLength(2)
  })

  it('keeps what it knows when the past cannot be read, and forgets it in another room', async () => {
    const { chat: it, asked } = chat()
    it.onJoined()
    it.onMessage(said(1), 'P9')
    asked[0]?.refuse(new Error('not now'))
    await settle()
    expect(it.view.messages).toHaveLength(1)
    it.onJoined()
    it.onMoved()
    asked[1]?.answer(past([7], false))
    await settle()
    expect(it.view.messages).toEqual([])
    asked[2]?.answer(past([8], false))
    await settle()
    expect(it.view.messages.map(({ text }) => text)).toEqual(['text 8'])
  })

  it('is bounded', () => {
    const { chat: it } = chat()
    for (let n = 0; n < 2_100; n++) it.onMessage(said(n), 'P9')
    expect(it.view.messages).toHaveLength(2_000)
    expect(it.view.messages[0]?.text).toBe('text 100')
    expect(it.view.more).toBe(true)
  })

  it('rejects what was not sent', async () => {
    const { chat: it, asked } = chat()
    const sending = it.send('hello')
    expect(asked[0]?.body).toEqual({ type: 'send', to: [], topic: 'chat', text: 'hello' })
    asked[0]?.refuse(new Error('unavailable'))
    await expect(sending).rejects.toThrow('unavailable')
  })
})

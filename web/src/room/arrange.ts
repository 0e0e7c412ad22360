import type { Demand, Participant, Publication, Slot } from '../rtc'

/** Something that can be shown in a tile. */
export interface Target {
  key: string
  kind: 'camera' | 'screen'
  participant: string
  publication: string
  source: 'participant' | 'track'
}

/** One tile. `target` is absent where the server decides who is shown. */
export interface TileSpec {
  key: string
  kind: 'camera' | 'screen' | 'avatar' | 'self'
  slot?: Slot
  target?: Target
  participant?: string
  want?: Pick<Demand, 'source' | 'id' | 'priority'>
}

export interface Scene {
  /** What is in focus, in the lead slot, so that its sound is in step with its picture. */
  stage: TileSpec | undefined
  tiles: TileSpec[]
  /** People who have no tile for want of room. */
  hidden: number
  /** Slots that show nothing. */
  idle: Slot[]
}

export interface Arrangement {
  others: readonly Participant[]
  slots: readonly Slot[]
  view: 'grid' | 'speaker'
  /** Key of a pinned target. */
  pin: string | undefined
  /** Others' cameras are wanted; shared screens always are. */
  cameras?: boolean
  /** The key of the target that each slot has, by mid. */
  assigned: ReadonlyMap<string, string>
}

/** Tiles beyond this many would be too small to be of use. */
export const MAX_TILES = 24

/**
 * Decides which tiles there are and which slot fills each. A tile keeps its slot as long as it can,
 * so that nobody's picture moves because somebody else came or went.
 */
export function arrange({ others, slots, view, pin, cameras: wantsCameras = true, assigned }: Arrangement): Scene {
  const screens = others.flatMap((p) => targetsOf(p).filter((t) => t.kind === 'screen'))
  const cameras = wantsCameras ? others.flatMap((p) => targetsOf(p).filter((t) => t.kind === 'camera')) : []
  const [lead, ...rest] = slots
  if (!lead) return { stage: undefined, tiles: avatars(others, new Set()), hidden: 0, idle: [] }

  const focus = [...screens, ...cameras].find((t) => t.key === pin) ?? screens.at(-1)
  const bySpeaker = focus === undefined && view === 'speaker' && cameras.length > 0
  const wanted = [...screens, ...cameras].filter((t) => t !== focus)
  const free = focus || bySpeaker ? rest : [lead, ...rest]
  const stage = focus ? targetTile(lead, focus) : bySpeaker ? speakerTile(lead) : undefined

  const fixed = bySpeaker || wanted.length > free.length ? wanted.filter((t) => t.kind === 'screen') : wanted
  const given = assign(fixed.slice(0, free.length), free, assigned)
  if (focus) given.set(lead.mid, focus)
  const left = free.filter((slot) => !given.has(slot.mid))
  const byChoice = bySpeaker ? cameras.length - 1 : wanted.length - fixed.length
  const speakers = fixed === wanted ? [] : left.slice(0, byChoice)

  const slotOf = new Map([...given].map(([mid, target]) => [target.key, mid]))
  const tileOf = (target: Target): TileSpec[] => {
    const slot = free.find((s) => s.mid === slotOf.get(target.key))
    return slot ? [targetTile(slot, target)] : []
  }
  const shown = new Set(cameras.map((t) => t.participant))
  const people =
    fixed === wanted
      ? others.flatMap((p) => {
          const own = cameras.filter((t) => t.participant === p.id)
          return own.length > 0 ? own.flatMap(tileOf) : avatars([p], shown)
        })
      : [...speakers.map(speakerTile), ...avatars(others, shown)]
  const all = [...screens.flatMap(tileOf), ...people]
  // Who has a picture goes first where not everybody can have a tile.
  const tiles = all.length > MAX_TILES ? [...all.filter((t) => t.slot), ...all.filter((t) => !t.slot)].slice(0, MAX_TILES) : all
  const unseen = fixed === wanted ? 0 : byChoice - speakers.length
  const used = new Set([...(stage ? [stage] : []), ...tiles].map((t) => t.slot?.mid))
  return {
    stage,
    tiles,
    hidden: unseen + all.length - tiles.length,
    idle: slots.filter((slot) => !used.has(slot.mid)),
  }
}

/** What of a participant can be shown: its camera, and each screen and other video as itself. */
function targetsOf(participant: Participant): Target[] {
  const videos = participant.publications.filter((p) => p.kind === 'video')
  return videos.map((p) => targetOf(participant, p))
}

export function targetOf(participant: Participant, { id, source }: Publication): Target {
  const common = { participant: participant.id, publication: id }
  if (source === 'camera') return { ...common, key: keyOf('participant', participant.id), kind: 'camera', source: 'participant' }
  return { ...common, key: keyOf('track', id), kind: source === 'screen' ? 'screen' : 'camera', source: 'track' }
}

/** The key of what is shown by a demand of this source and id. */
export function keyOf(source: 'participant' | 'track', id: string): string {
  return source === 'participant' ? `p:${id}` : `t:${id}`
}

/** Gives each target a slot: the one it had, else one in which it already flows, else any. */
function assign(targets: Target[], slots: Slot[], before: ReadonlyMap<string, string>): Map<string, Target> {
  const given = new Map<string, Target>()
  const free = new Set(slots)
  const open = new Set(targets)
  const give = (fits: (slot: Slot, target: Target) => boolean) => {
    for (const target of open) {
      const slot = [...free].find((s) => fits(s, target))
      if (!slot) continue
      given.set(slot.mid, target)
      free.delete(slot)
      open.delete(target)
    }
  }
  give((slot, target) => before.get(slot.mid) === target.key)
  give((slot, target) => slot.state.publication === target.publication)
  give(() => true)
  return given
}

function targetTile(slot: Slot, target: Target): TileSpec {
  const id = target.source === 'participant' ? target.participant : target.publication
  const want = { source: target.source, id, priority: target.kind === 'screen' ? 8 : 5 }
  return { key: target.key, kind: target.kind, slot, target, participant: target.participant, want }
}

function speakerTile(slot: Slot): TileSpec {
  return { key: `s:${slot.mid}`, kind: 'camera', slot, want: { source: 'speaker' } }
}

function avatars(participants: readonly Participant[], except: ReadonlySet<string>): TileSpec[] {
  return participants
    .filter((p) => !except.has(p.id))
    .map((p) => ({ key: `a:${p.id}`, kind: 'avatar', participant: p.id }))
}

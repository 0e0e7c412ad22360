package main

import "fmt"

// row is one line of the table: a load on a server.
type row struct {
	mode
	load
}

func (r row) String() string {
	if r.kind != kindFloor {
		return fmt.Sprintf("%v, %v", r.mode, r.load)
	}
	how := "in turn"
	if r.burst > 1 {
		how = fmt.Sprintf("runs of %d", r.burst)
	}
	return fmt.Sprintf("%v, %d B, %s", r.mode, r.size, how)
}

// Sizes of published packets, as UDP carries them.
const large, small = 1200, 132

// Loads, in packets a second to all receivers together: what the core and what
// plain pion carry without being full.
const many, some = 200_000, 80_000

func floor(receivers, size, run int) row {
	return row{mode{kind: kindFloor, receivers: receivers}, load{size: size, burst: run}}
}

func core(receivers, size, burst, rate int) row {
	return row{mode{kind: kindCore, profile: gcm, receivers: receivers}, load{size: size, burst: burst, rate: rate}}
}

func plain(receivers, size, burst, rate int) row {
	return row{mode{kind: kindPlain, profile: gcm, receivers: receivers}, load{size: size, burst: burst, rate: rate}}
}

func gso(r row) row { r.gso = true; return r }

func withCM(r row) row { r.profile = cm; return r }

func halved(r row) row { r.half = true; return r }

func seenFirst(r row) row { r.first = true; return r }

// The rows that ratios are made of. Rate 0 is saturation.
var (
	floorTurns = floor(100, large, 1)
	floorRuns  = floor(100, large, 16)
	floorGSO   = gso(floor(100, large, 8))

	coreBursts = core(100, large, 16, many)
	coreSingle = core(100, large, 1, many)
	coreGSO    = gso(core(100, large, 8, many))

	coreSome    = core(100, large, 16, some)
	coreSomeGSO = gso(core(100, large, 8, some))
	coreSomeCM  = withCM(core(100, large, 16, some))
	plainSome   = plain(100, large, 16, some)
	plainSome8  = plain(100, large, 8, some)
	plainSomeCM = withCM(plain(100, large, 16, some))

	coreFull    = core(100, large, 16, 0)
	coreFullGSO = gso(core(100, large, 16, 0))
	plainFull   = plain(100, large, 16, 0)
	coreHalf    = halved(core(100, large, 1, 0))
	coreHalfGSO = halved(gso(core(100, large, 8, 0)))
	coreFirst   = seenFirst(coreHalf)
)

// phases are all there is to measure, what the ratios need first. Fewer
// receivers get less, so that the publisher and the viewer that checks can keep
// up; 400 idle peer connections leave plain pion little to forward with.
func phases() []phase {
	const toOne, toFive, plainToMost = 10_000, 25_000, 40_000
	return []phase{
		{
			floorTurns, floorRuns, floorGSO,
			coreBursts, coreSingle, coreGSO, gso(coreSingle),
			coreSome, coreSomeGSO, coreSomeCM, plainSome, plainSome8, plainSomeCM,
			coreFull, coreFullGSO, plainFull,
			coreHalf, coreHalfGSO, coreFirst, halved(plain(100, large, 1, 0)),
			floor(100, small, 1), core(100, small, 16, many), gso(core(100, small, 8, many)), plain(100, small, 16, some),
		},
		{
			floor(1, large, 1), core(1, large, 16, toOne), gso(core(1, large, 8, toOne)), plain(1, large, 16, toOne),
			floor(5, large, 1), core(5, large, 16, toFive), gso(core(5, large, 8, toFive)), plain(5, large, 16, toFive),
		},
		{
			floor(400, large, 1), core(400, large, 16, many), gso(core(400, large, 8, many)), plain(400, large, 16, plainToMost),
		},
	}
}

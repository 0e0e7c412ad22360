package sfu

import "time"

const (
	meterBuckets = 10
	meterBucket  = int64(time.Second) / meterBuckets
	meterLayers  = 4
)

// meter counts what an encoding brought during the last second.
type meter struct {
	buckets [meterBuckets]meterCount
}

type meterCount struct {
	number int64 // of the bucket, by time
	bytes  int
	frames [meterLayers]int // by temporal layer
}

// add counts a packet; ends says that a picture of this temporal layer ends.
func (m *meter) add(now int64, bytes int, ends bool, temporal uint8) {
	number := now / meterBucket
	b := &m.buckets[number%meterBuckets]
	if b.number != number {
		*b = meterCount{number: number}
	}
	b.bytes += bytes
	if ends {
		b.frames[min(temporal, meterLayers-1)]++
	}
}

// bitrate in bits per second.
func (m *meter) bitrate(now int64) int {
	bytes := 0
	for i := range m.buckets {
		if m.recent(i, now) {
			bytes += m.buckets[i].bytes
		}
	}
	return bytes * 8
}

// fps is the pictures of the last second in temporal layers up to highest.
func (m *meter) fps(now int64, highest int8) int {
	frames := 0
	for i := range m.buckets {
		if m.recent(i, now) {
			for t := 0; t < meterLayers && t <= int(highest); t++ {
				frames += m.buckets[i].frames[t]
			}
		}
	}
	return frames
}

func (m *meter) recent(i int, now int64) bool {
	return m.buckets[i].number > now/meterBucket-meterBuckets
}

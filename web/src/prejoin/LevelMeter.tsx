import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './LevelMeter.module.css'

/** Shows that the microphone hears something. */
export function LevelMeter({ track }: { track: MediaStreamTrack }) {
  const { t } = useTranslation()
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const context = new AudioContext()
    const analyser = new AnalyserNode(context, { fftSize: 512 })
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    let frame = 0
    const draw = () => {
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length
      const level = Math.min(1, Math.max(0, 1 + Math.log10(power + 1e-6) / 4.5))
      bar.current?.style.setProperty('transform', `scaleX(${level})`)
      frame = requestAnimationFrame(draw)
    }
    draw()
    return () => {
      cancelAnimationFrame(frame)
      void context.close()
    }
  }, [track])
  return (
    <div className={classes.meter} role="img" aria-label={t('prejoin.level')}>
      <div ref={bar} className={classes.bar} />
    </div>
  )
}

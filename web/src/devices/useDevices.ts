import { useEffect, useState } from 'react'

/** The devices that the browser tells of, as they come and go. Names are known once one was opened. */
export function useDevices(refresh: unknown): MediaDeviceInfo[] {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([])
  useEffect(() => {
    if (!('mediaDevices' in navigator)) return
    let gone = false
    const read = () => {
      navigator.mediaDevices.enumerateDevices().then(
        (all) => {
          if (!gone) setDevices(all.filter((d) => d.deviceId !== ''))
        },
        () => undefined,
      )
    }
    read()
    navigator.mediaDevices.addEventListener('devicechange', read)
    return () => {
      gone = true
      navigator.mediaDevices.removeEventListener('devicechange', read)
    }
  }, [refresh])
  return devices
}

import 'react-easy-crop/react-easy-crop.css'
import { Alert, Button, Group, Slider, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import Cropper from 'react-easy-crop'
import { useTranslation } from 'react-i18next'
import { keys } from '../../api/keys'
import { fieldFaults } from '../../api/problem'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import classes from './CropDialog.module.css'
import { type Square, cut, isTiff, upload } from './picture'

const MOST_ZOOM = 4

interface Props {
  file: File
  onClose: () => void
}

/** Chooses the part of a picture that is kept: dragged and zoomed behind a round window. */
export default function CropDialog({ file, onClose }: Props) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [square, setSquare] = useState<Square>()
  const [unreadable, setUnreadable] = useState(false)
  const tiff = isTiff(file)
  const save = useMutation({
    mutationFn: async () => upload(tiff || !square ? file : await cut(file, square)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.me })
      onClose()
    },
  })
  const faults = fieldFaults(t, save.error, ['file', 'crop'])
  const fault = faults.file ?? faults.crop
  return (
    <Dialog opened onClose={onClose} title={t('avatar.crop')}>
      <Stack>
        {tiff ? (
          <Alert>{t('avatar.tiff', { name: file.name })}</Alert>
        ) : (
          <Window file={file} onSquare={setSquare} onUnreadable={() => setUnreadable(true)} />
        )}
        {unreadable && <Alert color="red">{t('fault.damaged')}</Alert>}
        {fault ? <Alert color="red">{fault}</Alert> : <Fault error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button loading={save.isPending} disabled={unreadable || (!tiff && !square)} onClick={() => save.mutate()} data-testid="avatar-save">
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

interface WindowProps {
  file: File
  onSquare: (square: Square) => void
  onUnreadable: () => void
}

function Window({ file, onSquare, onUnreadable }: WindowProps) {
  const { t } = useTranslation('app')
  const address = useObjectUrl(file)
  const [crop, setCrop] = useState({ x: 0, y: 0 })
  const [zoom, setZoom] = useState(1)
  return (
    <>
      <div className={classes.window} role="group" aria-label={t('avatar.drag')}>
        {address && (
          <Cropper
            image={address}
            crop={crop}
            zoom={zoom}
            maxZoom={MOST_ZOOM}
            aspect={1}
            cropShape="round"
            showGrid={false}
            disableAutomaticStylesInjection
            onCropChange={setCrop}
            onZoomChange={setZoom}
            onCropComplete={(_, pixels) => onSquare(pixels)}
            mediaProps={{ onError: onUnreadable }}
          />
        )}
      </div>
      <Text size="sm" c="dimmed">
        {t('avatar.drag')}
      </Text>
      <Slider value={zoom} onChange={setZoom} min={1} max={MOST_ZOOM} step={0.05} label={null} thumbLabel={t('avatar.zoom')} />
    </>
  )
}

function useObjectUrl(file: File): string | undefined {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(file)
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what is made here has to be given back here
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return address
}

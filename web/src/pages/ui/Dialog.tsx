import { Modal, type ModalProps, em } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import { useFocusReturn } from './useFocusReturn'

/** A dialog that fills the screen of a phone. */
export function Dialog(props: ModalProps) {
  const { t } = useTranslation('app')
  const phone = useMediaQuery(`(max-width: ${em(600)})`)
  useFocusReturn()
  return <Modal centered fullScreen={phone} closeButtonProps={{ 'aria-label': t('common.close') }} {...props} />
}

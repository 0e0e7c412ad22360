import { Alert, Button, Center } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  /** Another page is another attempt. */
  path: string
  children: ReactNode
}

/**
 * Instead of an empty page when one fails to load or to show. The usual reason is that the server has
 * a newer version, and the parts of this one are gone: loading anew helps.
 */
export class Broken extends Component<Props, { brokenAt?: string }> {
  override state: { brokenAt?: string } = {}

  static getDerivedStateFromError(): { brokenAt: string } {
    return { brokenAt: location.pathname }
  }

  override render() {
    return this.state.brokenAt === this.props.path ? <Reload /> : this.props.children
  }
}

function Reload() {
  const { t } = useTranslation('app')
  return (
    <Center p="md">
      <Alert color="orange" role="alert" maw={480} data-testid="broken">
        {t('version.broken')}
        <Button mt="sm" display="block" size="compact-md" onClick={() => location.reload()}>
          {t('version.reload')}
        </Button>
      </Alert>
    </Center>
  )
}

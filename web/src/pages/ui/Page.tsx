import { Box, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  title: string
  text?: string
  /** At the right of the title. */
  actions?: ReactNode
  children: ReactNode
  width?: number
}

/** The heading and the column of every page inside the frame. */
export function Page({ title, text, actions, children, width = 720 }: Props) {
  const { t } = useTranslation()
  useDocumentTitle(`${title} · ${t('app.name')}`)
  return (
    <Box maw={width} w="100%" mx="auto">
      <Stack gap="lg">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div style={{ flex: '1 1 300px' }}>
            <Title order={1} size="h2">
              {title}
            </Title>
            {text && (
              <Text c="dimmed" mt={4}>
                {text}
              </Text>
            )}
          </div>
          {actions}
        </Group>
        {children}
      </Stack>
    </Box>
  )
}

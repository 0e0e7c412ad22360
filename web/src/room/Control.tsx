import { ActionIcon, type ActionIconProps, type ElementProps, Tooltip } from '@mantine/core'
import classes from './ControlBar.module.css'

interface Props extends ActionIconProps, ElementProps<'button', keyof ActionIconProps> {
  testId: string
  label: string
  /** Its key, where it has one. */
  keys?: string
  /** Something of one's own is off. */
  off?: boolean
  active?: boolean
  pressed?: boolean | undefined
  /** It can't work as things are. */
  alert?: boolean
}

/** One button of the control bar. What opens a menu or popover hands it more than is named here. */
export function Control({ testId, label, keys, off, active, pressed, alert, color, variant, children, ...button }: Props) {
  return (
    <Tooltip
      label={
        <>
          {label} {keys && <kbd className={classes.key}>{keys}</kbd>}
        </>
      }
      openDelay={400}
    >
      <ActionIcon
        {...button}
        className={classes.control}
        size="var(--control-size)"
        radius="xl"
        variant={variant ?? (active ? 'filled' : off ? 'light' : 'default')}
        color={color ?? (off ? 'red' : active ? 'rail' : 'gray')}
        data-testid={testId}
        data-alert={alert ? true : undefined}
        aria-label={label}
        aria-pressed={pressed}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  )
}

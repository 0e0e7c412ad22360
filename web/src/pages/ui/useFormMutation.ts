import type { UseFormReturnType } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { fieldFaults } from '../../api/problem'

/**
 * What a form does. Faults of its fields are shown at them; `fault` is what has no field and has to
 * be told in general. `faultsIn` finds them where problems name more than fields.
 */
export function useFormMutation<V extends object, T>(
  form: Pick<UseFormReturnType<V>, 'setErrors' | 'getValues'>,
  act: (values: V) => Promise<T>,
  onSuccess: (result: T, values: V) => unknown,
  faultsIn: typeof fieldFaults = fieldFaults,
) {
  const { t } = useTranslation('app')
  const faultsOf = (error: unknown) => faultsIn(t, error, Object.keys(form.getValues()))
  const mutation = useMutation({
    mutationFn: act,
    onSuccess,
    onError: (error) => form.setErrors(faultsOf(error)),
  })
  const fault = mutation.error && Object.keys(faultsOf(mutation.error)).length === 0 ? mutation.error : undefined
  return { submit: (values: V) => mutation.mutate(values), pending: mutation.isPending, fault, error: mutation.error, reset: mutation.reset }
}

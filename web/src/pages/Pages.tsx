import '@mantine/notifications/styles.css'
import './pages.css'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Suspense, lazy, useEffect, useState } from 'react'
import { Route, Switch } from 'wouter'
import { ApiError } from '../api/problem'
import { isMeetingPlace } from '../app/place'
import { loadAppTexts, loadMeetingsTexts } from '../i18n'
import { NotFound } from './NotFound'
import { Inside } from './shell/Inside'
import { Waiting } from './ui/Loaded'

const SignIn = lazy(() => import('./sign/SignIn'))
const SetUp = lazy(() => import('./sign/SetUp'))
const Reset = lazy(() => import('./sign/Reset'))
const ConfirmEmail = lazy(() => import('./sign/ConfirmEmail'))
const JoinByNumber = lazy(async () => ({ default: (await import('./join/Join')).JoinByNumber }))
const JoinMeeting = lazy(async () => ({ default: (await import('./join/Join')).JoinMeeting }))
const Meetings = lazy(() => import('./meetings/Meetings'))
const NewMeeting = lazy(async () => ({ default: (await import('./meetings/Schedule')).NewMeeting }))
const EditMeeting = lazy(async () => ({ default: (await import('./meetings/Schedule')).EditMeeting }))
const Home = lazy(() => import('./home/Home'))
const Profile = lazy(() => import('./profile/Profile'))
const SelfCare = lazy(() => import('./selfcare/SelfCare'))
const Users = lazy(() => import('./admin/Users'))
const Departments = lazy(() => import('./admin/Departments'))
const TenantSettings = lazy(() => import('./admin/TenantSettings'))
const SingleSignOn = lazy(() => import('./admin/SingleSignOn'))
const Flags = lazy(() => import('./admin/Flags'))
const ApiKeys = lazy(() => import('./admin/ApiKeys'))
const Tenants = lazy(() => import('./admin/Tenants'))
const Settings = lazy(() => import('./settings/Settings'))
const ReleaseNotes = lazy(() => import('./notes/ReleaseNotes'))
const Audit = lazy(() => import('./admin/Audit'))

/** Loads what the pages need before anything of them is shown. */
export async function prepare(): Promise<void> {
  await Promise.all([loadAppTexts(), loadMeetingsTexts()])
}

function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // What the server refused it refuses again; a network that is away may come back.
        retry: (count, error) => count < 2 && !(error instanceof ApiError && error.problem.status < 500),
      },
    },
  })
}

/** All pages but the meeting itself. */
export function Pages() {
  const [client] = useState(newQueryClient)
  useEffect(() => {
    // An invitation that is put into the address bar leads to the meeting page, which is another one.
    const moved = () => {
      if (isMeetingPlace(location, false)) location.reload()
    }
    window.addEventListener('hashchange', moved)
    return () => window.removeEventListener('hashchange', moved)
  }, [])
  return (
    <QueryClientProvider client={client}>
      <Notifications position="bottom-center" />
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/signin" component={SignIn} />
          <Route path="/setup" component={SetUp} />
          <Route path="/reset" component={Reset} />
          <Route path="/confirm-email" component={ConfirmEmail} />
          <Route path="/release-notes" component={ReleaseNotes} />
          <Route path="/join" component={JoinByNumber} />
          <Route path="/m/:number">{({ number }) => <JoinMeeting key={number} number={number} />}</Route>
          <Route>
            <Inside>
              <Switch>
                <Route path="/" component={Home} />
                <Route path="/meetings" component={Meetings} />
                <Route path="/meetings/new" component={NewMeeting} />
                <Route path="/meetings/:id/edit">{({ id }) => <EditMeeting key={id} id={id} />}</Route>
                <Route path="/profile" component={Profile} />
                <Route path="/selfcare" component={SelfCare} />
                <Route path="/settings" component={Settings} />
                <Route path="/admin/users" component={Users} />
                <Route path="/admin/departments" component={Departments} />
                <Route path="/admin/settings" component={TenantSettings} />
                <Route path="/admin/sso" component={SingleSignOn} />
                <Route path="/admin/flags" component={Flags} />
                <Route path="/admin/keys" component={ApiKeys} />
                <Route path="/admin/tenants" component={Tenants} />
                <Route path="/admin/audit" component={Audit} />
                <Route component={NotFound} />
              </Switch>
            </Inside>
          </Route>
        </Switch>
      </Suspense>
    </QueryClientProvider>
  )
}

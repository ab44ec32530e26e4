// Every screen and its address. Filters, tabs and records are in the address, so that any of them can be
// sent to a colleague.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'

import { buyoutSearch } from '@/buyout/search'
import { dispatchSearch } from '@/dispatch/search'
import { reportSearch } from '@/report/search'
import { tabSearch } from '@/ui/search'
import { taskSearch } from '@/task/search'
import { Crashed } from './Boundary'
import { NotFound } from './NotFound'
import { Shell } from './Shell'

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('@/home/HomePage')),
})
// The list is an index of its own: beside "/tasks/$" a plain "/tasks" would be taken for a task without id.
const tasks = createRoute({ getParentRoute: () => shell, path: '/tasks' })
const taskList = createRoute({
  getParentRoute: () => tasks,
  path: '/',
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import('@/task/TasksPage')),
})
// The id of a task has a slash of its own: buyout:<portal>:<deal>/<number>.
const task = createRoute({
  getParentRoute: () => tasks,
  path: '$',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/task/TaskPage')),
})
const buyouts = createRoute({
  getParentRoute: () => shell,
  path: '/buyouts',
  validateSearch: buyoutSearch,
  component: lazyRouteComponent(() => import('@/buyout/BuyoutsPage')),
})
const buyout = createRoute({
  getParentRoute: () => shell,
  path: '/buyouts/$id',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/buyout/BuyoutPage')),
})
const board = createRoute({
  getParentRoute: () => shell,
  path: '/board',
  validateSearch: buyoutSearch,
  component: lazyRouteComponent(() => import('@/buyout/BoardPage')),
})
const reports = createRoute({
  getParentRoute: () => shell,
  path: '/reports',
  validateSearch: reportSearch,
  component: lazyRouteComponent(() => import('@/report/ReportsPage')),
})
const dispatch = createRoute({
  getParentRoute: () => shell,
  path: '/dispatch',
  validateSearch: dispatchSearch,
  component: lazyRouteComponent(() => import('@/dispatch/DispatchPage')),
})
const ops = createRoute({
  getParentRoute: () => shell,
  path: '/ops',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/ops/OpsPage')),
})
const staff = createRoute({
  getParentRoute: () => shell,
  path: '/admin/staff',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/staff/StaffPage')),
})
const policies = createRoute({
  getParentRoute: () => shell,
  path: '/admin/policies',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/policy/PoliciesPage')),
})
const templates = createRoute({
  getParentRoute: () => shell,
  path: '/admin/templates',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/template/TemplatesPage')),
})
const notifications = createRoute({
  getParentRoute: () => shell,
  path: '/notifications',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('@/notification/NotificationsPage')),
})
const profile = createRoute({
  getParentRoute: () => shell,
  path: '/profile',
  component: lazyRouteComponent(() => import('@/session/ProfilePage')),
})
const callback = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/callback',
  component: lazyRouteComponent(() => import('@/session/CallbackPage')),
})
// In a portal's frame: a shell of its own, no storage, no camera.
const embed = createRoute({
  getParentRoute: () => root,
  path: '/embed/deal/$dealId',
  component: lazyRouteComponent(() => import('@/embed/DealPage')),
})

export const router = createRouter({
  routeTree: root.addChildren([
    shell.addChildren([
      home,
      tasks.addChildren([taskList, task]),
      buyouts,
      buyout,
      board,
      reports,
      dispatch,
      ops,
      staff,
      policies,
      templates,
      notifications,
      profile,
    ]),
    callback,
    embed,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

// Package webhooks tells other services what happens: it posts the events of a tenant's log
// to the addresses that its administrators have entered (endpoints), signed, in order for
// each subject, again and again for three days until they are taken, and then keeps them on a list
// from which they can be sent again.
//
// An event is delivered at least once: what was delivered is written down shortly after, so a
// crash repeats some. Nothing is skipped without being told of in the endpoint's Status.
// Run owns one goroutine (a courier) for each active endpoint and those that it starts.
package webhooks

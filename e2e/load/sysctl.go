package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sysctl shows how large the media port's buffers are to be, what the system
// allows, and what they are.
type sysctl struct{}

func (o *sysctl) flags(*flag.FlagSet) {}

func (o *sysctl) run(ctx context.Context, d *driver) (err error) {
	s, err := d.startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	got, err := s.mediaSocket()
	if err != nil {
		return err
	}
	for _, buffer := range []struct {
		key, limit string
		got        int
	}{{"receive_buffer", "rmem_max", got.receive}, {"send_buffer", "wmem_max", got.send}} {
		asked, err := configured(ctx, d.binary, buffer.key)
		if err != nil {
			return err
		}
		text, err := os.ReadFile("/proc/sys/net/core/" + buffer.limit)
		if err != nil {
			return fmt.Errorf("read the system's limit: %w", err)
		}
		limit, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		usable := buffer.got / 2 // the kernel doubles what is asked for
		switch {
		case usable >= asked:
			d.say("rtc.%s: %d asked for, and got; net.core.%s is %d", buffer.key, asked, buffer.limit, limit)
		default:
			d.say("rtc.%s: %d asked for, %d got: net.core.%s is %d, and there is no CAP_NET_ADMIN", buffer.key, asked, usable, buffer.limit, limit)
		}
		d.figures.add("sysctl_"+buffer.limit, float64(limit), "B")
		d.figures.add("sysctl_"+buffer.key+"_asked", float64(asked), "B")
		d.figures.add("sysctl_"+buffer.key+"_got", float64(usable), "B")
	}
	d.figures.add("sysctl_media_sockets", float64(got.sockets), "sockets")
	m, err := s.metrics(ctx)
	if err != nil {
		return err
	}
	var told []string
	for name := range m {
		if strings.HasPrefix(name, "switchyard_") && strings.Contains(name, "buffer") {
			told = append(told, name)
		}
	}
	slices.Sort(told)
	for _, name := range told {
		d.say("%s %s", name, number(m[name]))
	}
	return nil
}

// configured is the default of a number in the configuration.
func configured(ctx context.Context, binary, key string) (int, error) {
	text, err := exec.CommandContext(ctx, binary, "config", "default").Output()
	if err != nil {
		return 0, fmt.Errorf("%s config default: %w", binary, err)
	}
	found := regexp.MustCompile(`(?m)^\s+` + key + `: (\d+)`).FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("%s config default has no %s", binary, key)
	}
	return strconv.Atoi(string(found[1]))
}

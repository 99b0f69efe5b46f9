// Kubernetes without its machines: etcd, the API server, the scheduler and the controller manager, each started as `server PART …` from one program.
package main

import (
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	if len(os.Args) < 2 {
		refuse("usage: server etcd|apiserver|controllers|scheduler …")
	}
	part := os.Args[1]
	os.Args = append([]string{"kube-" + part}, os.Args[2:]...)
	var command *cobra.Command
	switch part {
	case "etcd":
		etcd(os.Args[1:])
	case "apiserver":
		command = apiserver.NewAPIServerCommand()
	case "controllers":
		command = controllers.NewControllerManagerCommand()
	case "scheduler":
		command = scheduler.NewSchedulerCommand()
	default:
		refuse("there is no part " + part)
	}
	os.Exit(cli.Run(command))
}

func etcd(parameters []string) {
	if len(parameters) != 3 {
		refuse("usage: server etcd FOLDER CLIENT_URL PEER_URL")
	}
	config := embed.NewConfig()
	config.Dir = parameters[0]
	client, peer := address(parameters[1]), address(parameters[2])
	config.ListenClientUrls, config.AdvertiseClientUrls = client, client
	config.ListenPeerUrls, config.AdvertisePeerUrls = peer, peer
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel = "warn"
	config.UnsafeNoFsync = true
	server, err := embed.StartEtcd(config)
	must(err)
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(time.Minute):
		refuse("etcd was not ready within a minute")
	}
	must(<-server.Err())
}

func address(text string) []url.URL {
	parsed, err := url.Parse(text)
	must(err)
	return []url.URL{*parsed}
}

func must(err error) {
	if err != nil {
		refuse(err.Error())
	}
}

func refuse(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}

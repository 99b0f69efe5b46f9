// Judges Kubernetes manifests with the API server's own code: strict fields, defaults and validation, and for pods the security
// standard "restricted". Reads YAML documents from standard input and prints JSON: each document with its complaints.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/pod-security-admission/api"
	psa "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

type verdict struct {
	Object     json.RawMessage `json:"object"`
	Complaints []string        `json:"complaints"`
}

func main() {
	verdicts := []verdict{}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		must(err)
		object, err := yaml.YAMLToJSONStrict(document)
		must(err)
		if bytes.Equal(object, []byte("null")) {
			continue
		}
		verdicts = append(verdicts, verdict{object, judge(object)})
	}
	must(json.NewEncoder(os.Stdout).Encode(verdicts))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var decoder = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDecoder()

func judge(document []byte) []string {
	complaints := []string{}
	object, _, err := decoder.Decode(document, nil, nil)
	if err != nil {
		return append(complaints, err.Error())
	}
	// As the server does for what is sent to a namespace.
	if it, ok := object.(metav1.Object); ok && it.GetNamespace() == "" {
		it.SetNamespace("default")
	}
	for _, refusal := range validate(object) {
		complaints = append(complaints, refusal.Error())
	}
	if _, isDeployment := object.(*apps.Deployment); isDeployment {
		complaints = append(complaints, insecurities(document)...)
	}
	return complaints
}

func validate(object runtime.Object) field.ErrorList {
	switch it := object.(type) {
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(it, corevalidation.PodValidationOptions{})
	case *core.Service:
		return corevalidation.ValidateServiceCreate(it)
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(it)
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(it, policyvalidation.PodDisruptionBudgetValidationOptions{})
	default:
		return field.ErrorList{field.InternalError(nil, fmt.Errorf("there is no judge for %T", object))}
	}
}

func insecurities(document []byte) []string {
	var deployment struct {
		Spec struct{ Template corev1.PodTemplateSpec }
	}
	must(json.Unmarshal(document, &deployment))
	evaluator, err := psa.NewEvaluator(psa.DefaultChecks(), nil)
	must(err)
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	complaints := []string{}
	template := deployment.Spec.Template
	for _, result := range evaluator.EvaluatePod(restricted, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			complaints = append(complaints, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return complaints
}

"""Every service of the sandbox through boto3. Prints one JSON line a check: {"name", "error"}.

Takes the endpoint, the keys and the path of the wine model's archive from the environment.
"""

import io
import json
import os
import urllib.error
import urllib.request
import sys
import time
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["ENDPOINT"]
ROW = os.environ["ROW"]
CONFIG = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
failed = False


def client(name):
    return boto3.client(name, endpoint_url=ENDPOINT, region_name="us-east-1", config=CONFIG)


def check(name):
    """Runs a function as one check, in the order of this file: later ones use what earlier ones made."""

    def run(function):
        global failed
        error = None
        try:
            function()
        except Exception as e:  # every failure is told, whatever it is
            error, failed = f"{type(e).__name__}: {e}", True
        print(json.dumps({"name": name, "error": error}), flush=True)

    return run


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e.response["Error"]
        return e.response
    raise AssertionError(f"{code} was expected")


@check("sts: identity and a session of a role")
def _():
    identity = client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012", identity


@check("iam: a role with its trust policy as a document")
def _():
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
            for principal in ({"AWS": "*"}, {"Service": ["sagemaker.amazonaws.com", "lambda.amazonaws.com"]})
        ],
    }
    iam = client("iam")
    iam.create_role(RoleName="boto", AssumeRolePolicyDocument=json.dumps(trust))
    assert iam.get_role(RoleName="boto")["Role"]["AssumeRolePolicyDocument"] == trust
    refused("NoSuchEntity", iam.get_role, RoleName="none")
    session = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/boto", RoleSessionName="boto")
    assert session["Credentials"]["SessionToken"]


@check("s3: objects, metadata, a paginator, multipart upload and a presigned URL")
def _():
    s3 = client("s3")
    s3.create_bucket(Bucket="boto-bucket")
    with open(os.environ["MODEL"], "rb") as file:
        s3.upload_fileobj(file, "boto-bucket", "wine/model.tar.gz")
    s3.put_object(Bucket="boto-bucket", Key="a b/é+.txt", Body=b"hello", Metadata={"foo": "bar"})
    got = s3.get_object(Bucket="boto-bucket", Key="a b/é+.txt")
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"foo": "bar"}
    big = os.urandom(9 * 1024 * 1024)
    s3.upload_fileobj(io.BytesIO(big), "boto-bucket", "big")
    received = io.BytesIO()
    s3.download_fileobj("boto-bucket", "big", received)
    assert received.getvalue() == big
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="boto-bucket", PaginationConfig={"PageSize": 1})
    keys = [o["Key"] for page in pages for o in page.get("Contents", [])]
    assert keys == ["a b/é+.txt", "big", "wine/model.tar.gz"], keys
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "boto-bucket", "Key": "a b/é+.txt"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"
    try:
        urllib.request.urlopen(url.replace("Signature=", "Signature=x"))
        raise AssertionError("a tampered URL was accepted")
    except urllib.error.HTTPError as error:
        assert error.code == 403, error.code
    refused("NoSuchKey", s3.get_object, Bucket="boto-bucket", Key="none")
    refused("NoSuchBucket", s3.list_objects_v2, Bucket="none-at-all")


@check("sagemaker: model, configuration, endpoint, waiter, tags")
def _():
    sagemaker = client("sagemaker")
    sagemaker.create_model(
        ModelName="boto",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/boto",
        PrimaryContainer={
            "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "ModelDataUrl": "s3://boto-bucket/wine/model.tar.gz",
        },
    )
    variant = {"VariantName": "v", "ModelName": "boto", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="boto", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="boto", EndpointConfigName="boto", Tags=[{"Key": "a", "Value": "b"}])
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="boto")
    described = sagemaker.describe_endpoint(EndpointName="boto")
    assert sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    refused("ValidationException", sagemaker.describe_endpoint, EndpointName="none")


@check("sagemaker-runtime: a prediction and what the container refuses")
def _():
    runtime = client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="boto", ContentType="text/csv", Body=ROW)
    probabilities = [float(cell) for cell in answer["Body"].read().decode().split(",")]
    assert abs(sum(probabilities) - 1) < 1e-5, probabilities
    error = refused("ModelError", runtime.invoke_endpoint, EndpointName="boto", ContentType="text/csv", Body=ROW + ",1")
    assert error["OriginalStatusCode"] == 400, error


@check("cloudwatch: metrics of the invocation, alarms")
def _():
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Boto", MetricData=[{"MetricName": "m", "Value": 1.5}])
    metrics = cloudwatch.list_metrics(Namespace="AWS/SageMaker", MetricName="Invocations")["Metrics"]
    assert metrics[0]["Dimensions"], metrics
    cloudwatch.put_metric_alarm(
        AlarmName="boto",
        Namespace="Boto",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="boto", StateValue="ALARM", StateReason="test")
    assert cloudwatch.describe_alarms(AlarmNames=["boto"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    datum = [{"MetricName": "a", "Value": 1}]
    refused("InvalidParameterValue", cloudwatch.put_metric_data, Namespace="AWS/x", MetricData=datum)


@check("application-autoscaling: target, policy, activities")
def _():
    scaling = client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/boto/variant/v",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    predefined = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    scaling.put_scaling_policy(
        **target,
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 100.0, "PredefinedMetricSpecification": predefined},
    )
    policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policies[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 100.0
    scaling.describe_scaling_activities(ServiceNamespace="sagemaker")
    none = {**target, "ResourceId": "endpoint/none/variant/v"}
    refused("ObjectNotFoundException", scaling.deregister_scalable_target, **none)


@check("logs: groups, streams, events")
def _():
    logs = client("logs")
    logs.create_log_group(logGroupName="/boto")
    logs.create_log_stream(logGroupName="/boto", logStreamName="s")
    event = {"timestamp": 1_700_000_000_000, "message": "hello"}
    logs.put_log_events(logGroupName="/boto", logStreamName="s", logEvents=[event])
    refused("ResourceNotFoundException", logs.filter_log_events, logGroupName="/none")


@check("logs: a live tail")
def _():
    # Otherwise boto3 calls streaming-127.0.0.1, which no resolver knows.
    config = CONFIG.merge(Config(inject_host_prefix=False))
    logs = boto3.client("logs", endpoint_url=ENDPOINT, region_name="us-east-1", config=config)
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/boto"
    tail = logs.start_live_tail(logGroupIdentifiers=[group])
    for event in tail["responseStream"]:
        if "sessionStart" in event:
            told = {"timestamp": int(time.time() * 1000), "message": "told live"}
            logs.put_log_events(logGroupName="/boto", logStreamName="s", logEvents=[told])
        elif event["sessionUpdate"]["sessionResults"]:
            assert event["sessionUpdate"]["sessionResults"][0]["message"] == "told live", event
            break
    tail["responseStream"].close()


@check("lambda: a function is made, found and deleted")
def _():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.mjs", "export const handler = async (event) => ({ got: event });")
    functions = client("lambda")
    functions.create_function(
        FunctionName="boto",
        Runtime="nodejs20.x",
        Role="arn:aws:iam::123456789012:role/boto",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="boto")
    answer = functions.invoke(FunctionName="boto", Payload=b'{"a":1}')
    assert json.loads(answer["Payload"].read()) == {"got": {"a": 1}}
    refused("ResourceNotFoundException", functions.get_function, FunctionName="none")


@check("apigateway: an API with a resource")
def _():
    gateway = client("apigateway")
    api = gateway.create_rest_api(name="boto")
    root = gateway.get_resources(restApiId=api["id"])["items"][0]
    gateway.create_resource(restApiId=api["id"], parentId=root["id"], pathPart="DT")
    assert len(gateway.get_resources(restApiId=api["id"])["items"]) == 2
    refused("NotFoundException", gateway.get_rest_api, restApiId="none")


@check("amplify: an app with a branch")
def _():
    amplify = client("amplify")
    app = amplify.create_app(name="boto")["app"]
    amplify.create_branch(appId=app["appId"], branchName="main")
    assert amplify.list_branches(appId=app["appId"])["branches"][0]["branchName"] == "main"
    refused("NotFoundException", amplify.get_app, appId="dnone")


@check("cloudformation: a stack of one bucket, by waiters")
def _():
    cloudformation = client("cloudformation")
    template = {"Resources": {"B": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"Name": {"Value": {"Ref": "B"}}}}
    cloudformation.create_stack(StackName="boto", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="boto", WaiterConfig={"Delay": 1})
    stack = cloudformation.describe_stacks(StackName="boto")["Stacks"][0]
    assert stack["Outputs"][0]["OutputKey"] == "Name", stack
    cloudformation.delete_stack(StackName="boto")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="boto", WaiterConfig={"Delay": 1})
    refused("ValidationError", cloudformation.describe_stacks, StackName="none")


sys.exit(1 if failed else 0)

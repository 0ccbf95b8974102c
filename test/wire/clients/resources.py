"""boto3's resources, waiters, paginators, transfers and presigned POSTs. Prints one JSON line a check: {"name", "error"}.

Takes the endpoint, the keys and the path of the wine model's archive from the environment.
"""

import io
import json
import os
import sys
import urllib.error
import urllib.request
import uuid

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

ENDPOINT = os.environ["ENDPOINT"]
ROW = os.environ["ROW"]
SETTINGS = {
    "endpoint_url": ENDPOINT,
    "region_name": "us-east-1",
    "config": Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
}
FAST = {"Delay": 1, "MaxAttempts": 5}
failed = False


def client(name):
    return boto3.client(name, **SETTINGS)


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


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


s3 = boto3.resource("s3", **SETTINGS)


@check("s3 resource: buckets, objects, collections, tags and versions")
def _():
    bucket = s3.create_bucket(Bucket="resource-bucket")
    bucket.wait_until_exists()
    assert "resource-bucket" in [one.name for one in s3.buckets.all()]
    for index in range(25):
        bucket.put_object(Key=f"data/{index:02}.csv", Body=b"1,2,3", ContentType="text/csv", Metadata={"n": str(index)})
    assert len(list(bucket.objects.filter(Prefix="data/").page_size(10))) == 25
    assert [one.key for one in bucket.objects.limit(3)] == ["data/00.csv", "data/01.csv", "data/02.csv"]
    item = s3.Object("resource-bucket", "data/07.csv")
    assert item.metadata == {"n": "7"} and item.content_type == "text/csv" and item.content_length == 5
    assert item.get(Range="bytes=2-")["Body"].read() == b"2,3"
    bucket.copy({"Bucket": "resource-bucket", "Key": "data/07.csv"}, "copy.csv", ExtraArgs={"MetadataDirective": "COPY"})
    assert s3.Object("resource-bucket", "copy.csv").metadata == {"n": "7"}
    bucket.Tagging().put(Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert bucket.Tagging().tag_set == [{"Key": "a", "Value": "1"}]
    bucket.Versioning().enable()
    item.put(Body=b"second")
    assert len(list(bucket.object_versions.filter(Prefix="data/07.csv"))) == 2
    item.delete()
    try:
        item.load()
        raise AssertionError("the object is deleted")
    except ClientError as e:
        assert e.response["Error"]["Code"] == "404", e.response["Error"]
    assert bucket.objects.filter(Prefix="data/0").delete()[0]["Deleted"]
    bucket.object_versions.delete()
    assert list(bucket.objects.all()) == []
    bucket.delete()
    bucket.wait_until_not_exists()


@check("s3 transfer: large files go up and down in parts, several at once")
def _():
    transfers = client("s3")
    transfers.create_bucket(Bucket="transfer-bucket")
    body = os.urandom(11 * 1024 * 1024)
    config = TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024, max_concurrency=4)
    seen = []
    extra = {"ContentType": "application/octet-stream", "Metadata": {"k": "v"}, "Tagging": "a=1", "ServerSideEncryption": "AES256"}
    transfers.upload_fileobj(io.BytesIO(body), "transfer-bucket", "big", Config=config, ExtraArgs=extra, Callback=seen.append)
    assert sum(seen) == len(body)
    head = transfers.head_object(Bucket="transfer-bucket", Key="big")
    assert head["ETag"].endswith('-3"') and head["Metadata"] == {"k": "v"}, head
    down = io.BytesIO()
    transfers.download_fileobj("transfer-bucket", "big", down, Config=config)
    assert down.getvalue() == body
    transfers.copy({"Bucket": "transfer-bucket", "Key": "big"}, "transfer-bucket", "copy", Config=config)
    assert transfers.head_object(Bucket="transfer-bucket", Key="copy")["ContentLength"] == len(body)
    attributes = transfers.get_object_attributes(
        Bucket="transfer-bucket", Key="big", ObjectAttributes=["ETag", "ObjectSize", "ObjectParts"]
    )
    assert attributes["ObjectSize"] == len(body) and attributes["ObjectParts"]["TotalPartsCount"] == 3, attributes


def post(fields, url, body, name="file.csv"):
    """Sends a form as a browser does: the fields, the file as the last one."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    data = "".join(parts).encode() + head.encode() + body + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(url, data, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    try:
        answer = urllib.request.urlopen(request)
        return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers


def posts(signer):
    made = signer.generate_presigned_post(
        "transfer-bucket",
        "uploads/${filename}",
        Fields={"Content-Type": "text/csv", "x-amz-meta-who": "ann"},
        Conditions=[
            ["starts-with", "$key", "uploads/"],
            {"Content-Type": "text/csv"},
            {"x-amz-meta-who": "ann"},
            ["content-length-range", 1, 100],
        ],
        ExpiresIn=60,
    )
    status, text, headers = post(made["fields"], made["url"], b"1,2,3")
    assert status == 204, (status, text)
    assert headers["ETag"] and headers["Location"].endswith("/uploads/file.csv"), str(headers)
    item = s3.Object("transfer-bucket", "uploads/file.csv")
    assert item.get()["Body"].read() == b"1,2,3" and item.metadata == {"who": "ann"} and item.content_type == "text/csv"
    created = signer.generate_presigned_post(
        "transfer-bucket", "made.csv", Fields={"success_action_status": "201"}, Conditions=[{"success_action_status": "201"}]
    )
    status, text, _ = post(created["fields"], created["url"], b"x")
    assert status == 201 and "<Key>made.csv</Key>" in text, (status, text)
    status, text, _ = post(made["fields"], made["url"], b"x" * 101)
    assert status == 400 and "<Code>EntityTooLarge</Code>" in text, (status, text)
    status, text, _ = post({**made["fields"], "key": "elsewhere"}, made["url"], b"x")
    assert status == 403 and "Policy Condition failed: [\"starts-with\", \"$key\", \"uploads/\"]" in text.replace("&quot;", '"'), text
    status, text, _ = post({**made["fields"], "x-amz-meta-more": "1"}, made["url"], b"x")
    assert status == 403 and "Extra input fields: x-amz-meta-more" in text, text
    name = "x-amz-signature" if "x-amz-signature" in made["fields"] else "signature"
    status, text, _ = post({**made["fields"], name: "0" * 64}, made["url"], b"x")
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in text, text
    past = signer.generate_presigned_post("transfer-bucket", "late", ExpiresIn=-10)
    status, text, _ = post(past["fields"], past["url"], b"x")
    assert status == 403 and "Invalid according to Policy: Policy expired." in text, text


@check("s3: presigned POSTs of both signature versions keep to their policy")
def _():
    for version in ["s3v4", "s3"]:
        posts(boto3.client("s3", **{**SETTINGS, "config": SETTINGS["config"].merge(Config(signature_version=version))}))


@check("cloudwatch resource: alarms and metrics")
def _():
    cloudwatch = boto3.resource("cloudwatch", **SETTINGS)
    metric = cloudwatch.Metric("Resources", "Calls")
    metric.put_data(MetricData=[{"MetricName": "Calls", "Value": 3, "Unit": "Count"}])
    alarm = metric.put_alarm(
        AlarmName="boto-calls",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarm.set_state(StateValue="ALARM", StateReason="a test")
    alarm.reload()
    assert alarm.state_value == "ALARM" and alarm.metric.metric_name == "Calls"
    assert [one.name for one in metric.alarms.all()] == ["boto-calls"]
    assert [one.metric_name for one in cloudwatch.metrics.filter(Namespace="Resources")] == ["Calls"]
    assert alarm.describe_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    client("cloudwatch").get_waiter("alarm_exists").wait(AlarmNames=["boto-calls"], WaiterConfig=FAST)
    alarm.disable_actions()
    alarm.delete()


@check("iam resource: roles, policies, users and instance profiles")
def _():
    iam = boto3.resource("iam", **SETTINGS)
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="resourceful", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
    client("iam").get_waiter("role_exists").wait(RoleName="resourceful", WaiterConfig=FAST)
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    role.Policy("own").put(PolicyDocument=document)
    assert iam.RolePolicy("resourceful", "own").policy_document["Statement"][0]["Action"] == "s3:*"
    policy = iam.create_policy(PolicyName="shared", PolicyDocument=document)
    role.attach_policy(PolicyArn=policy.arn)
    assert [one.policy_name for one in role.attached_policies.all()] == ["shared"]
    assert [one.name for one in policy.attached_roles.all()] == ["resourceful"]
    assert policy.default_version.document["Statement"][0]["Effect"] == "Allow"
    assert role.assume_role_policy_document["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    user = iam.create_user(UserName="resource-user")
    pair = user.create_access_key_pair()
    pair.deactivate()
    assert [one.status for one in user.access_keys.all()] == ["Inactive"]
    pair.delete()
    user.delete()
    assert "resourceful" in [one.name for one in iam.roles.all()]
    assert code_of(role.delete) == "DeleteConflict"
    role.detach_policy(PolicyArn=policy.arn)
    role.Policy("own").delete()
    role.delete()
    policy.delete()
    assert code_of(client("iam").get_role, RoleName="resourceful") == "NoSuchEntity"


@check("cloudformation resource: stacks, events and waiters")
def _():
    cloudformation = boto3.resource("cloudformation", **SETTINGS)
    template = {"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}, "Outputs": {"N": {"Value": {"Ref": "G"}}}}
    stack = cloudformation.create_stack(StackName="resource-stack", TemplateBody=json.dumps(template))
    waiter = client("cloudformation")
    waiter.get_waiter("stack_create_complete").wait(StackName=stack.name, WaiterConfig=FAST)
    stack.reload()
    assert stack.stack_status == "CREATE_COMPLETE" and stack.outputs[0]["OutputKey"] == "N"
    assert [one.resource_type for one in stack.resource_summaries.all()] == ["AWS::Logs::LogGroup"]
    assert stack.Resource("G").physical_resource_id == stack.outputs[0]["OutputValue"]
    assert len(list(stack.events.all())) >= 4
    waiter.create_change_set(StackName=stack.name, ChangeSetName="same", TemplateBody=json.dumps(template))
    try:
        waiter.get_waiter("change_set_create_complete").wait(
            StackName=stack.name, ChangeSetName="same", WaiterConfig=FAST
        )
        raise AssertionError("there was nothing to change")
    except WaiterError as e:
        assert "didn't contain changes" in str(e.last_response), e.last_response
    stack_id = stack.stack_id
    stack.delete()
    waiter.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=FAST)


@check("paginators go through every page")
def _():
    sagemaker = client("sagemaker")
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    client("iam").create_role(
        RoleName="pages",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )
    with open(os.environ["MODEL"], "rb") as file:
        client("s3").put_object(Bucket="transfer-bucket", Key="model.tar.gz", Body=file)
    container = {"Image": image, "ModelDataUrl": "s3://transfer-bucket/model.tar.gz"}
    for index in range(12):
        sagemaker.create_model(
            ModelName=f"page-{index}", ExecutionRoleArn="arn:aws:iam::123456789012:role/pages", PrimaryContainer=container
        )
    pages = list(sagemaker.get_paginator("list_models").paginate(NameContains="page-", PaginationConfig={"PageSize": 5}))
    assert [len(page["Models"]) for page in pages] == [5, 5, 2]
    logs = client("logs")
    for index in range(7):
        logs.create_log_group(logGroupName=f"/pages/{index}")
    groups = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/pages/", PaginationConfig={"PageSize": 3})
    assert len(groups.search("logGroups[].logGroupName") and list(groups.search("logGroups[].logGroupName"))) == 7
    api = client("apigateway")
    for index in range(6):
        api.create_rest_api(name=f"page-{index}")
    assert len(list(api.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 2}).search("items[?starts_with(name, 'page-')]"))) == 6
    roles = client("iam").get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
    assert "pages" in [role["RoleName"] for page in roles for role in page["Roles"]]


@check("sagemaker: an endpoint by waiters, asked and deleted")
def _():
    sagemaker = client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName="waited",
        ProductionVariants=[
            {"VariantName": "A", "ModelName": "page-0", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        ],
    )
    sagemaker.create_endpoint(EndpointName="waited", EndpointConfigName="waited")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="waited", WaiterConfig=FAST)
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName="waited", ContentType="text/csv", Body=ROW)
    assert len(answer["Body"].read().split(b",")) == 3 and answer["InvokedProductionVariant"] == "A"
    events = client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName="waited", ContentType="text/csv", Body=ROW
    )
    assert b"".join(event["PayloadPart"]["Bytes"] for event in events["Body"]).count(b",") == 2
    sagemaker.delete_endpoint(EndpointName="waited")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="waited", WaiterConfig=FAST)


sys.exit(1 if failed else 0)

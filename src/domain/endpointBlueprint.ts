/** Properties of a resource as CloudFormation names them. */
export type ResourceProperties = Record<string, unknown>;

/** An endpoint with everything that it takes to make another like it. */
export interface EndpointBlueprint {
  endpointName: string;
  /** Properties of AWS::SageMaker::Model, by the model's name in the account. */
  models: Record<string, ResourceProperties>;
  /** Properties of AWS::SageMaker::EndpointConfig, the variants among them; they name models as the account does. */
  config: ResourceProperties;
  scaling: ScalingBlueprint[];
  /** Tags of the endpoint, without those that AWS itself gives. */
  tags: Record<string, string>;
}

/** A variant's registration with Application Auto Scaling. */
export interface ScalingBlueprint {
  variantName: string;
  /** Of AWS::ApplicationAutoScaling::ScalableTarget: limits, suspension, scheduled actions. */
  target: ResourceProperties;
  /** Of AWS::ApplicationAutoScaling::ScalingPolicy. */
  policies: ResourceProperties[];
}

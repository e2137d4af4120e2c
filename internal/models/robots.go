package models

// This file holds what moves robots.

const (
	// NoteActuator marks a number that a motor follows, NoteHeight one that is a height or a place.
	NoteActuator = "followed by a motor"
	NoteHeight   = "flown to, or driven to"
)

var robots = Framework{Name: "robots", Version: "rclpy (jazzy), rospy (noetic), pybullet 3.2, dronekit 2.9, pymavlink 2.4, lerobot 0.4", Models: []Model{
	{Name: "geometry_msgs.msg.Twist().{linear,angular}.{x,y,z}", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "geometry_msgs.msg.TwistStamped().twist.{linear,angular}.{x,y,z}", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "geometry_msgs.msg.Twist().{linear,angular}", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "geometry_msgs.msg.TwistStamped().twist", SameAs: "geometry_msgs.msg.Twist()"},
	{Name: "geometry_msgs.msg.Twist", Sinks: noted(Param, NoteActuator, "0:linear", "1:angular")},
	{Name: "ackermann_msgs.msg.AckermannDriveStamped().drive.{speed,acceleration,jerk,steering_angle,steering_angle_velocity}", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "ackermann_msgs.msg.AckermannDrive().{speed,acceleration,jerk,steering_angle,steering_angle_velocity}", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "ackermann_msgs.msg.AckermannDrive", Sinks: noted(Param, NoteActuator, "speed", "acceleration", "steering_angle")},
	{Name: "trajectory_msgs.msg.JointTrajectoryPoint().{positions,velocities}", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "trajectory_msgs.msg.JointTrajectoryPoint", Sinks: noted(Param, NoteActuator, "positions", "velocities")},
	{Name: "std_msgs.msg.{Float64,Float32,Float64MultiArray,Float32MultiArray}().data", Sinks: noted(Param, NoteActuator, "=")},
	{Name: "std_msgs.msg.{Float64,Float32,Float64MultiArray,Float32MultiArray}", Sinks: noted(Param, NoteActuator, "data")},
	{Name: "pybullet.{setJointMotorControl2,setJointMotorControlArray}", Sinks: append(noted(Param, NoteActuator, "4:targetVelocity", "5:force", "targetVelocities", "forces"), noted(Param, NoteHeight, "3:targetPosition", "targetPositions")...), NoPass: true},
	{Name: "{dronekit.connect(),dronekit.Vehicle(),?}.simple_takeoff", Sinks: noted(Param, NoteHeight, "0:alt"), NoPass: true},
	{Name: "{dronekit.connect(),dronekit.Vehicle(),?}.simple_goto", Sinks: append(noted(Param, NoteHeight, "0:location"), noted(Param, NoteActuator, "1:airspeed", "2:groundspeed")...), NoPass: true},
	{Name: "?.{set_position_target_local_ned_send,set_position_target_global_int_send}", Sinks: noted(Param, NoteActuator, "0:"), NoPass: true},
	{Name: "{transformers.PreTrainedModel(),transformers.*.from_pretrained()}.predict_action", Source: LLM, From: FromPolicy, NoPass: true},
	{Name: "lerobot.{*.*,*.*.*,*.*.*.*,*.*.*.*.*}.from_pretrained().select_action", Source: LLM, From: FromPolicy, NoPass: true},
	{Name: "torch.{clamp,clip}", Pass: []Arg{"0:input"}, Cleans: []SinkKind{Param, Size}},
	{Name: "{torch.Tensor(),numpy.ndarray()}.{clamp,clip,clamp_,clip_}", Pass: []Arg{"self"}, Cleans: []SinkKind{Param, Size}},
}}

// FromPolicy is what a model that sees and acts tells a robot to do.
const FromPolicy = "an action of the model's"

using System.CommandLine;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The arguments that several commands take, each described once.</summary>
internal static class Arguments
{
    /// <summary>Describes a step that is not stored yet. Completion offers no stored step for it.</summary>
    public const string NewStepText = "The step: a whole number from 0.";

    public static Argument<string> Task() => new("TASK") { Description = "The task." };

    public static Argument<string?> OptionalTask() => new("TASK")
    {
        Description = "The task. Default: all tasks.", Arity = ArgumentArity.ZeroOrOne,
    };

    public static Argument<string> Step() => new("STEP") { Description = "A step, latest, best, or a tag." };

    public static Argument<string> NewStep() => new("STEP") { Description = NewStepText };
}

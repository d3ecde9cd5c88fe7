using System.Diagnostics;

namespace FishCheckpoint.Engine.Telemetry;

/// <summary>The store's spans for distributed traces; nothing is made where nobody listens.</summary>
public static class StoreTraces
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "FishCheckpoint.Storage";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins a span of the work on a checkpoint; ended by disposing it.</summary>
    /// <param name="operation">What is done, as in <c>save.encode</c>.</param>
    /// <param name="task">The task.</param>
    /// <param name="step">The step, or a word for it.</param>
    /// <returns><see langword="null"/> where nobody listens.</returns>
    internal static Activity? Begin(string operation, string task, string step) =>
        Source.StartActivity(operation)?.SetTag("fish.task", task).SetTag("fish.step", step);
}

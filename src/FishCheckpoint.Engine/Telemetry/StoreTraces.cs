using System.Diagnostics;

namespace FishCheckpoint.Engine.Telemetry;

/// <summary>The store's spans for distributed tracing. Without a listener none are created.</summary>
public static class StoreTraces
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "FishCheckpoint.Storage";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts a span of the work on a checkpoint. Disposing ends it.</summary>
    /// <param name="operation">The operation, such as <c>save.encode</c>.</param>
    /// <param name="task">The task.</param>
    /// <param name="step">The step, word or tag.</param>
    /// <returns><see langword="null"/> without a listener.</returns>
    internal static Activity? Begin(string operation, string task, string step) =>
        Source.StartActivity(operation)?.SetTag("fish.task", task).SetTag("fish.step", step);
}

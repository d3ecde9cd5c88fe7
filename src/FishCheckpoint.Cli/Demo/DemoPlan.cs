using FishCheckpoint.Demo;
namespace FishCheckpoint.Cli.Demo;

/// <summary>What a demo does.</summary>
internal sealed record DemoPlan
{
    /// <summary>How the models are trained.</summary>
    public DemoSettings Training { get; init; } = new();

    /// <summary>The tasks.</summary>
    public IReadOnlyList<DemoTask> Tasks { get; init; } = DemoTasks.All;

    /// <summary>The densities of the masks, as shares of all parameters.</summary>
    public IReadOnlyList<double> Ratios { get; init; } = [0.005, 0.05];

    /// <summary>How often a run is saved.</summary>
    public long SaveEverySteps { get; init; } = 10;
}

namespace FishCheckpoint.Cli.Demo;

/// <summary>How a run chooses what to train.</summary>
internal enum DemoMask
{
    /// <summary>The positions of the highest Fisher information.</summary>
    Fish,

    /// <summary>As many positions at random: the control.</summary>
    Random,

    /// <summary>Everything.</summary>
    Dense,
}

namespace FishCheckpoint.Cli.Output;

/// <summary>What progress counts.</summary>
internal enum ProgressUnit
{
    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Things with names.</summary>
    Things,
}

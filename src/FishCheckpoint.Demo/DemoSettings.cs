namespace FishCheckpoint.Demo;

/// <summary>
/// How the demo trains. The same for every kind of mask, but for the learning rate: few weights need larger steps than many.
/// </summary>
public sealed record DemoSettings
{
    /// <summary>Passes over the images when the base is trained.</summary>
    public int PretrainEpochs { get; init; } = 10;

    /// <summary>Passes over the images when a task is trained.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images of a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The learning rate of the base, and of dense runs, at the beginning; it falls to 0 along a half cosine.</summary>
    public float DenseRate { get; init; } = 0.05f;

    /// <summary>The same of masked runs, FISH and random alike.</summary>
    public float MaskedRate { get; init; } = 0.1f;

    /// <summary>How much of the previous step stays.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Training images that the Fisher information is summed over (the paper: 1,024).</summary>
    public int FisherSamples { get; init; } = 1024;

    /// <summary>Names all random choices.</summary>
    public long Seed { get; init; } = 1;
}

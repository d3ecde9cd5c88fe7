namespace FishCheckpoint.Demo;

/// <summary>How the demo trains. Only the learning rate differs between masks: few weights need larger steps than many.</summary>
public sealed record DemoSettings
{
    /// <summary>Epochs for the base.</summary>
    public int PretrainEpochs { get; init; } = 10;

    /// <summary>Epochs for a task.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images per step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The first learning rate of the base and of full runs; it falls to 0 along a half cosine.</summary>
    public float DenseRate { get; init; } = 0.05f;

    /// <summary>The same for masked runs, FISH and random alike.</summary>
    public float MaskedRate { get; init; } = 0.1f;

    /// <summary>The momentum.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>The number of training images for the Fisher information (the paper: 1,024).</summary>
    public int FisherSamples { get; init; } = 1024;

    /// <summary>The seed of all random choices.</summary>
    public long Seed { get; init; } = 1;
}

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>What a pickle may be and make. Everything is counted before it is allocated.</summary>
internal sealed record PickleLimits
{
    /// <summary>The longest pickle that is read, in bytes. Default: 128 MiB; that of a model of 10,000 tensors has about 2 MiB.</summary>
    public long MaxLength { get; init; } = 128L << 20;

    /// <summary>The most containers, texts and other objects that are made. Default: 4 million.</summary>
    public int MaxObjects { get; init; } = 4 << 20;

    /// <summary>The most places in the stack and in containers, numbers above all. Default: 16 million.</summary>
    public int MaxItems { get; init; } = 16 << 20;
}

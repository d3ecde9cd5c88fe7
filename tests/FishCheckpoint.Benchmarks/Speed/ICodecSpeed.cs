namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>Encodes and decodes the same changes in two ways.</summary>
internal interface ICodecSpeed
{
    /// <summary>Encoded bytes by the values that they tell.</summary>
    double BytesPerValue { get; }

    /// <summary>The coder: what changed is known, nothing is hashed, and nothing decoded again.</summary>
    void EncodeAlone();

    /// <summary>The mirror of <see cref="EncodeAlone"/>.</summary>
    void DecodeAlone();

    /// <summary>As a save does: with SHA-256 over positions and values, and the proof of every chunk.</summary>
    void EncodeStored();

    /// <summary>As a restore does: with the checksums of all that is read.</summary>
    void DecodeStored();

    /// <summary>Puts back what decoding changes. Not timed.</summary>
    void Reset();

    /// <summary>Compares what was decoded. Not timed.</summary>
    /// <exception cref="InvalidDataException">Something else came back.</exception>
    void Check();
}

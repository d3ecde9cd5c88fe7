namespace FishCheckpoint.Bench;

/// <summary>What <c>fishckpt bench</c> found; the names of its JSON are stable.</summary>
/// <param name="Synthetic">Whether the pair was made up.</param>
/// <param name="Before">Path of the first model; <see langword="null"/> for a synthetic one.</param>
/// <param name="After">Path of the second model.</param>
/// <param name="Tensors">Tensors of a model.</param>
/// <param name="Elements">Values of a model.</param>
/// <param name="ModelBytes">Bytes of a model's values.</param>
/// <param name="Changed">Values that differ in their bits.</param>
/// <param name="Density">Their share.</param>
/// <param name="InMemory">Whether the models were held in memory; else reading their files is in the times.</param>
/// <param name="Rounds">How often each thing was timed.</param>
/// <param name="BitExact">Whether everything came back bit for bit.</param>
/// <param name="Encodings">Ours first, then the yardsticks.</param>
/// <param name="Store">A save and a load through an embedded store.</param>
public sealed record BenchResult(
    bool Synthetic, string? Before, string? After, int Tensors, long Elements, long ModelBytes, long Changed, double Density,
    bool InMemory, int Rounds,
    bool BitExact, IReadOnlyList<EncodingResult> Encodings, StoreResult Store);

/// <summary>What an encoding takes.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="BytesPerChangedValue">Its bytes by the values that changed; <see langword="null"/> where none did.</param>
/// <param name="RatioToDense">How often it fits into all values.</param>
/// <param name="RatioToDenseZstd">How often it fits into all values compressed.</param>
/// <param name="RatioToIndexAndValue">How often it fits into an index and a value for each change.</param>
/// <param name="EncodeBytesPerSecond">Bytes of the model by the median time; <see langword="null"/> for yardsticks.</param>
/// <param name="DecodeBytesPerSecond">The same of decoding.</param>
/// <param name="EncodeSeconds">Each round's time.</param>
/// <param name="DecodeSeconds">Each round's time.</param>
public sealed record EncodingResult(
    string Name, long Bytes, double? BytesPerChangedValue, double RatioToDense, double RatioToDenseZstd, double RatioToIndexAndValue,
    double? EncodeBytesPerSecond = null, double? DecodeBytesPerSecond = null, IReadOnlyList<double>? EncodeSeconds = null,
    IReadOnlyList<double>? DecodeSeconds = null);

/// <summary>What a store does with the pair.</summary>
/// <param name="Folder">Where it was made, and removed again: its disk is what a durable save waits for.</param>
/// <param name="StoredBytes">Bytes that the save added.</param>
/// <param name="SaveSeconds">The median, from the files to a commit that is synced.</param>
/// <param name="LoadSeconds">The median, until the whole model was given out.</param>
/// <param name="AllSaveSeconds">Each round's time.</param>
/// <param name="AllLoadSeconds">Each round's time.</param>
public sealed record StoreResult(
    string Folder, long StoredBytes, double SaveSeconds, double LoadSeconds, IReadOnlyList<double> AllSaveSeconds,
    IReadOnlyList<double> AllLoadSeconds);

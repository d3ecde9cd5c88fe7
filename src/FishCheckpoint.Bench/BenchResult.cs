namespace FishCheckpoint.Bench;

/// <summary>The result of <c>fishckpt bench</c>; the names of its JSON are stable.</summary>
/// <param name="Synthetic">Whether the pair is synthetic.</param>
/// <param name="Before">Path of the first model; <see langword="null"/> for a synthetic one.</param>
/// <param name="After">Path of the second model.</param>
/// <param name="Tensors">Tensors of a model.</param>
/// <param name="Elements">Values of a model.</param>
/// <param name="ModelBytes">Bytes of a model's values.</param>
/// <param name="Changed">Values that differ in their bits.</param>
/// <param name="Density">Their share of all values.</param>
/// <param name="InMemory">Whether the models were in memory; else the times include reading their files.</param>
/// <param name="Rounds">How often each operation was timed.</param>
/// <param name="BitExact">Whether every value was restored bit for bit.</param>
/// <param name="Encodings">Ours first, then the yardsticks.</param>
/// <param name="Store">A save and a load through an embedded store.</param>
public sealed record BenchResult(
    bool Synthetic, string? Before, string? After, int Tensors, long Elements, long ModelBytes, long Changed, double Density,
    bool InMemory, int Rounds,
    bool BitExact, IReadOnlyList<EncodingResult> Encodings, StoreResult Store);

/// <summary>The size and speed of an encoding.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="BytesPerChangedValue">Its bytes per changed value; <see langword="null"/> if none changed.</param>
/// <param name="RatioToDense">The size of all values divided by its size.</param>
/// <param name="RatioToDenseZstd">The size of all compressed values divided by its size.</param>
/// <param name="RatioToIndexAndValue">The size of an index and a value per change divided by its size.</param>
/// <param name="EncodeBytesPerSecond">Bytes of the model per second of the median time; <see langword="null"/> for yardsticks.</param>
/// <param name="DecodeBytesPerSecond">The same for decoding.</param>
/// <param name="EncodeSeconds">Each round's time.</param>
/// <param name="DecodeSeconds">Each round's time.</param>
public sealed record EncodingResult(
    string Name, long Bytes, double? BytesPerChangedValue, double RatioToDense, double RatioToDenseZstd, double RatioToIndexAndValue,
    double? EncodeBytesPerSecond = null, double? DecodeBytesPerSecond = null, IReadOnlyList<double>? EncodeSeconds = null,
    IReadOnlyList<double>? DecodeSeconds = null);

/// <summary>The result of an embedded store with the pair.</summary>
/// <param name="Folder">The store's temporary folder: the time of a durable save depends on its disk.</param>
/// <param name="StoredBytes">Bytes that the save added.</param>
/// <param name="SaveSeconds">The median time from the open files to a synced commit.</param>
/// <param name="LoadSeconds">The median time until the whole model was read.</param>
/// <param name="AllSaveSeconds">Each round's time.</param>
/// <param name="AllLoadSeconds">Each round's time.</param>
public sealed record StoreResult(
    string Folder, long StoredBytes, double SaveSeconds, double LoadSeconds, IReadOnlyList<double> AllSaveSeconds,
    IReadOnlyList<double> AllLoadSeconds);

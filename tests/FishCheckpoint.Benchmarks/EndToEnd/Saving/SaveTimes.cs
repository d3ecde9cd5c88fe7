namespace FishCheckpoint.Benchmarks.EndToEnd.Saving;

/// <summary>What each turn's saves took, in seconds.</summary>
/// <param name="changed">Values that a save changes.</param>
/// <param name="denseBytes">Bytes of the dense model.</param>
/// <param name="torch">PyTorch's version; <see langword="null"/> where the system has none.</param>
internal sealed class SaveTimes(long changed, long denseBytes, string? torch)
{
    public long Changed => changed;

    public long DenseBytes => denseBytes;

    public string? Torch => torch;

    /// <summary>Values alone, on a mask that the server holds already.</summary>
    public List<double> Masked { get; } = [];

    /// <summary>Positions and values, on a mask that it has never seen.</summary>
    public List<double> Patched { get; } = [];

    /// <summary>The dense model, by PyTorch.</summary>
    public List<double> Dense { get; } = [];

    public void Add(double masked, double patched, double dense)
    {
        Masked.Add(masked);
        Patched.Add(patched);
        Dense.Add(dense);
    }
}

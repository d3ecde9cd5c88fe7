using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>A version in one file without checksums of its results.</summary>
/// <param name="key">The version's name in errors.</param>
/// <param name="file">The file. Owned.</param>
/// <typeparam name="TFile">The file's kind.</typeparam>
/// <typeparam name="TEntry">The file's entry for a tensor.</typeparam>
internal abstract class AdapterReader<TFile, TEntry>(string key, TFile file) : IVersionDelta
    where TFile : IDisposable
{
    public IReadOnlyCollection<string> Tensors => Entries.Keys;

    public ExpectedChecksum? Whole => null;

    /// <summary>The version's name in errors.</summary>
    protected string Key => key;

    /// <summary>The file.</summary>
    protected TFile File => file;

    /// <summary>The file's entries by tensor name.</summary>
    protected Dictionary<string, TEntry> Entries { get; } = new(StringComparer.Ordinal);

    public abstract TensorPatch Open(string tensor, TensorInfo info);

    public ExpectedChecksum? ChecksumOf(string tensor) => null;

    public void Dispose() => file.Dispose();

    /// <summary>Fills <see cref="Entries"/> at the end of the constructor; a failure closes the file.</summary>
    protected void Collect(Action collect)
    {
        try
        {
            collect();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}

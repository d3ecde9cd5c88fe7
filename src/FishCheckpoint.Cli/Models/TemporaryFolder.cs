using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>A folder of the system's for temporary files, with the model in it; both go when this object does.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fish-torch-").FullName;

    /// <summary>The model, once it is written. Owned.</summary>
    public ModelFolder? Model { get; set; }

    public void Dispose()
    {
        Model?.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}

using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Files;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>Writes a model's files to a version.</summary>
internal static class ModelFilesWriter
{
    /// <summary>Writes all files of a model.</summary>
    /// <param name="version">The version.</param>
    /// <param name="folder">The folder in the version, with a slash at its end; empty for none.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellation">Cancels the writing.</param>
    /// <param name="except">Names of the format's own files: the model's files of these names are left out.</param>
    public static async Task WriteAsync(
        StagedVersion version, string folder, IModelReader model, CancellationToken cancellation,
        IReadOnlyCollection<string>? except = null)
    {
        var names = new FolderNames();
        foreach (var file in model.Files.Where(file => except?.Contains(file.Name) != true))
        {
            await version.WriteAsync(folder + names.Add(file.Name), async stream =>
            {
                var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 1 << 17, leaveOpen: true));
                await model.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
                await pipe.CompleteAsync();
            });
        }
    }
}

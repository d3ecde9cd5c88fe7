using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>Writes a model's files with an index, even for one file, and without the alias tensor.</summary>
internal static class IndexedModelWriter
{
    /// <summary>Writes all files of a model.</summary>
    public static async Task WriteAsync(StagedVersion version, IModelReader model, CancellationToken cancellation)
    {
        var tied = await ModelConfig.FindTiedAsync(model, cancellation);
        var (names, files) = (new FolderNames(), new List<ModelFile>());
        foreach (var file in model.Files.Where(file => file.Name != ShardIndex.FileName))
        {
            var name = names.Add(file.Name);
            if (!VersionFolders.IsTensors(name))
            {
                await WriteAsync(version, name, pipe => model.CopyToAsync(name, 0, file.Bytes, pipe, cancellation));
                continue;
            }

            var header = await TensorFiles.ReadHeaderAsync(model, name, cancellation);
            var kept = header.Tensors.Where(tensor => tensor.Info.Name != tied).Select(tensor => tensor.Info).ToArray();
            if (kept.Length == header.Tensors.Count)
            {
                await WriteAsync(version, name, pipe => model.CopyToAsync(name, 0, file.Bytes, pipe, cancellation));
                files.Add(new ModelFile(name, header));
            }
            else if (kept.Length > 0)
            {
                files.Add(new ModelFile(name, await WriteKeptAsync(version, name, model, kept, header.Metadata, cancellation)));
            }
        }

        version.Write(ShardIndex.FileName, ShardIndex.Create(new ModelFiles(files)));
    }

    private static async Task<SafetensorsHeader> WriteKeptAsync(
        StagedVersion version, string name, IModelReader model, TensorInfo[] kept, IReadOnlyDictionary<string, string> metadata,
            CancellationToken cancellation)
    {
        var header = HeaderWriter.Create(kept, metadata.Count == 0 ? null : metadata);
        await WriteAsync(version, name, async pipe =>
        {
            await pipe.WriteAsync(header.ToFileBytes(), cancellation);
            foreach (var tensor in header.Tensors)
            {
                await model.CopyTensorAsync(tensor.Info.Name, pipe, cancellation);
            }
        });
        return header;
    }

    private static Task WriteAsync(StagedVersion version, string name, Func<PipeWriter, Task> write) => version.WriteAsync(name,
        async stream =>
    {
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 1 << 17, leaveOpen: true));
        await write(pipe);
        await pipe.CompleteAsync();
    });
}

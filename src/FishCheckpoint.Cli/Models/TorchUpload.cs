using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>A PyTorch model as the safetensors files that a store accepts.</summary>
internal static class TorchUpload
{
    /// <summary>The files, encoded while they are read, so that no copy of the model is written.</summary>
    public static async IAsyncEnumerable<UploadFile> FilesOf(TorchModelFiles model)
    {
        foreach (var part in model.Parts)
        {
            await using var content = part.Model.AsStream();
            yield return new UploadFile(part.Name, content);
        }

        foreach (var file in model.SideFiles)
        {
            await using var content = PositionalFile.OpenInput(file.Path);
            yield return new UploadFile(file.Name, content);
        }
    }

    /// <summary>Bytes of all files.</summary>
    public static long BytesOf(TorchModelFiles model) =>
        model.Parts.Sum(part => part.Model.Header.FileLength) + model.SideFiles.Sum(file => new FileInfo(file.Path).Length);
}

using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange;
using FishCheckpoint.Interchange.Import;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>
/// Versions that another program wrote (tests/python/interchange/write_golden.py), and the tensors that it says they are.
/// </summary>
public sealed class GoldenTests : InterchangeTest
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Interchange", "Golden");

    [Theory]
    [InlineData(InterchangeFormat.DiskDelta, "disk-delta-xor")]
    [InlineData(InterchangeFormat.DiskDelta, "disk-delta-overwrite")]
    [InlineData(InterchangeFormat.SparsePatch, "sparse-patch")]
    [InlineData(InterchangeFormat.SparsePatchV3, "sparse-patch-v3")]
    [InlineData(InterchangeFormat.Grail, "grail")]
    [InlineData(InterchangeFormat.Manifest, "manifest")]
    public async Task Import_VersionsOfAnotherWriter_AreTheTensorsThatItSays(InterchangeFormat format, string folder)
    {
        await using (var model = File.OpenRead(Path.Combine(Golden, "base.safetensors")))
        {
            await Store.Bases.AddAsync("base", ModelUpload.FromStream(model), Stop);
        }

        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
        var report = await VersionImporter.ImportAsync(
            Store, new ImportOptions
            {
                Format = format, Folder = Path.Combine(Golden, folder), Task = "task", SpoolFolder = Path.GetTempPath(),
            }, cancellation: Stop);

        Assert.Equal([1L, 2L, 3L], report.Versions.Select(version => version.Step));
        using var expected = SafetensorsFile.Open(Path.Combine(Golden, "expected.safetensors"));
        Assert.Equal(6, expected.Header.Tensors.Count);
        foreach (var tensor in expected.Header.Tensors)
        {
            var bytes = new byte[tensor.Info.Bytes];
            expected.ReadData(tensor.Begin, bytes);
            var name = tensor.Info.Name.Split('/', 2);
            Assert.Equal(bytes, await ReadAsync(long.Parse(name[0], System.Globalization.CultureInfo.InvariantCulture), name[1]));
        }
    }

    private async Task<byte[]> ReadAsync(long step, string tensor)
    {
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(step), Stop);
        using var bytes = new MemoryStream();
        var pipe = PipeWriter.Create(bytes);
        await reader.CopyTensorAsync(tensor, pipe, Stop);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }
}

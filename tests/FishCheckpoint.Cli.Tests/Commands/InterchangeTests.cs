using FishCheckpoint.Interchange.Export;
using FishCheckpoint.Interchange.Import;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class InterchangeTests : CommandTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_WhatWasExported_IsTheSameTwice(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        var (first, second) = await PrepareAsync();
        var folder = PathOf("versions");

        string[] export = ["export", "disk-delta", folder, "--task", "task", "--from", "10", "--to", "20", "--json"];
        var exported = (await Run(export)).Json<ExportReport>();
        Assert.Equal([(10L, true), (20L, false)], exported.Versions.Select(version => (version.Step, version.Full)));
        Assert.Equal(0, (await Run(export)).Json<ExportReport>().Written);

        string[] import = ["import", "slime", folder, "--task", "other", "--base", "base", "--json"];
        var imported = (await Run(import)).Json<ImportReport>();
        Assert.Equal(("disk-delta", "other", null, 2), (imported.Format, imported.Task, imported.Base, imported.Saved));
        Assert.Equal(0, (await Run(import)).Json<ImportReport>().Saved);
        foreach (var (step, model) in new[] { ("10", first), ("20", second) })
        {
            (await Run("load", "other", step, PathOf($"{step}.safetensors"))).Succeeded();
            Assert.Equal(model.ToBytes(), await File.ReadAllBytesAsync(PathOf($"{step}.safetensors"), Stop));
        }

        var shard = Directory.GetFiles(Path.Combine(folder, "weight_v000020"), "*.safetensors").Single();
        File.Delete(shard);
        Assert.Contains($"weight_v000020: {Path.GetFileName(shard)}", (await Run("import", "disk-delta", folder, "--task", "third", "--base", "base")).Error, StringComparison.Ordinal);
        (await Run("import", "unheard-of", folder, "--task", "third")).Failed(3, "REQUEST_INVALID unheard-of");
    }
}

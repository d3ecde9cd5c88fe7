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
        var warned = await Run(export);
        Assert.Contains("--side-files", warned.Error, StringComparison.Ordinal);
        var exported = (warned with { Error = "" }).Json<ExportReport>();
        Assert.Equal([(10L, true), (20L, false)], exported.Versions.Select(version => (version.Step, version.Full)));
        Assert.Equal(0, ((await Run(export)) with { Error = "" }).Json<ExportReport>().Written);

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
        Assert.Contains(
            $"weight_v000020: {Path.GetFileName(shard)}",
            (await Run("import", "disk-delta", folder, "--task", "third", "--base", "base")).Error, StringComparison.Ordinal);
        (await Run("import", "unheard-of", folder, "--task", "third")).Failed(3, "REQUEST_INVALID unheard-of");
    }

    [Fact]
    public async Task Export_InEveryShape_IsImportedAgain()
    {
        var (first, second) = await PrepareAsync();
        (await FishAsync("save", "task", "30", Write(second.Change(3), "third"))).Succeeded();
        (await FishAsync("save", "task", "40", Write(second.Change(4), "fourth"))).Succeeded();
        (string, long, bool)[] Shape(ExportReport report) =>
            [.. report.Versions.Select(version => (version.Version, version.Step, version.Full))];
        async Task<ExportReport> Export(string format, string name, string from, params string[] options) =>
            ((await FishAsync(["export", format, PathOf(name), "--task", "task", "--from", from, "--to", "latest", "--json", .. options]))
                with { Error = "" }).Json<ExportReport>();
        async Task Import(string format, string name, params string[] options)
        {
            (await FishAsync(["import", format, PathOf(name), "--task", name, "--base", "base", .. options])).Succeeded();
            (await FishAsync("load", name, "latest", PathOf("out"))).Succeeded();
            Assert.Equal(second.Change(4).ToBytes(), await File.ReadAllBytesAsync(PathOf("out"), Stop));
        }

        // Followers have the base; versions count on by one.
        Assert.Equal(
            [("000001", 10, false), ("000002", 20, false), ("000003", 30, false), ("000004", 40, false)],
            Shape(await Export("disk-delta", "numbered", "base", "--number")));
        await Import("disk-delta", "numbered");

        // Names of one's own, which become tags, and deltas in many files.
        Assert.Equal(
            [("policy-10", 10, true), ("policy-20", 20, false), ("policy-30", 30, false), ("policy-40", 40, false)],
            Shape(
                await Export(
                    "disk-delta", "named", "10", "--version-name", "policy-{step}", "--shard-size", "64", "--encoding", "overwrite",
                    "--checksum", "blake3")));
        Assert.True(Directory.GetFiles(PathOf("named/policy-20"), "*.safetensors").Length > 1);
        await Import("disk-delta", "named", "--step", "7");
        (await FishAsync("load", "named", "8", PathOf("out"))).Succeeded();
        Assert.Equal(second.ToBytes(), await File.ReadAllBytesAsync(PathOf("out"), Stop));
        (await FishAsync("load", "named", "policy-10", PathOf("out"))).Succeeded();
        Assert.Equal(first.ToBytes(), await File.ReadAllBytesAsync(PathOf("out"), Stop));

        // Every other step, and every other version whole.
        Assert.Equal(
            [(10, true), (30, false), (40, true)], Shape(await Export("manifest", "sparse", "10", "--every", "2", "--full-every", "2"))
            .Select(version => (version.Item2, version.Item3)));
        await Import("manifest", "sparse");
    }
}

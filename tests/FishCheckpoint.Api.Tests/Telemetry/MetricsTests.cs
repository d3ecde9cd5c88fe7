using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using Xunit;

namespace FishCheckpoint.Api.Tests.Telemetry;

/// <summary>Run by itself: a server's metrics are those of its process, and other tests have servers in this one.</summary>
[Collection(nameof(Alone))]
public sealed class MetricsTests : ApiTest
{
    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(settings: ("FishCheckpoint:Telemetry:Metrics", "true"));

    [Fact]
    public async Task Metrics_TellWhatWasSaved()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.OK, SaveAsync(1, Base.Change(1)));
        var text = await Client.GetStringAsync("/metrics", Stop);
        var report = await JsonAsync<StorageReport>("/v1/reports/storage");
        Assert.Equal(1, ValueOf(text, "fish_saves_total", "outcome=\"created\""));
        Assert.Equal(1, ValueOf(text, "fish_saves_total", "outcome=\"same\""));
        Assert.Equal(report.Changed, ValueOf(text, "fish_saved_values_total"));
        Assert.Equal(report.LogicalBytes, ValueOf(text, "fish_saved_logical_bytes_total"));
        Assert.Equal(report.Stored.Total, ValueOf(text, "fish_saved_stored_bytes_total"));
        Assert.Equal(1, ValueOf(text, "fish_save_chain_depth_count"));
        Assert.Equal(2, ValueOf(text, "fish_save_duration_seconds_count"));
        Assert.Equal(1, ValueOf(text, "fish_save_ratio_count"));
        Assert.Equal(2, ValueOf(text, "http_server_request_duration_seconds_count", "http_route=\"/v1/tasks/{task}/checkpoints/{step}\""));
    }

    [Fact]
    public async Task Metrics_TellWhatIsThere()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        var report = await JsonAsync<StorageReport>("/v1/reports/storage");
        var text = await Client.GetStringAsync("/metrics", Stop);
        Assert.Equal(1, ValueOf(text, "fish_store_checkpoints"));
        Assert.Equal(report.LogicalBytes, ValueOf(text, "fish_store_logical_bytes"));
        Assert.Equal(report.Stored.Values, ValueOf(text, "fish_store_stored_bytes", "kind=\"values\""));
        Assert.Equal(report.Disk!.Bases, ValueOf(text, "fish_store_disk_bytes", "part=\"bases\""));
        Assert.Equal(report.Ratio, ValueOf(text, "fish_store_ratio"), 6);
    }

    [Fact]
    public async Task Metrics_TellRefusalsByTheirCode()
    {
        await ExpectAsync(HttpStatusCode.NotFound, GetAsync($"{Steps}/7"));
        Assert.Equal(1, ValueOf(await Client.GetStringAsync("/metrics", Stop), "fish_refusals_total", "code=\"CHECKPOINT_NOT_FOUND\""));
    }

    [Fact]
    public async Task Metrics_TellDamageThatWasMet()
    {
        var file = Directory.EnumerateFiles(
            Path.Combine(Server.DataFolder, "bases"), "*.safetensors", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Stop);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => BytesAsync("/v1/bases/base/model.safetensors"));
        Assert.Equal(1, ValueOf(await Client.GetStringAsync("/metrics", Stop), "fish_damage_total"));
    }

    [Fact]
    public async Task Metrics_TellChainsDamageAndWhenWasVerified()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        var file = Directory.EnumerateFiles(
            Path.Combine(Server.DataFolder, "bases"), "*.safetensors", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Stop);
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await ExpectAsync(HttpStatusCode.OK, Client.PostAsync("/v1/maintenance/verify", null, Stop));
        var text = await Client.GetStringAsync("/metrics", Stop);
        Assert.Equal(1, ValueOf(text, "fish_store_chain_depth", "of=\"max\""));
        Assert.Equal(1, ValueOf(text, "fish_store_chain_depth", "of=\"mean\""));
        Assert.Equal((await JsonAsync<KnownDamage[]>("/v1/maintenance/damage")).Length, ValueOf(text, "fish_store_damaged"));
        Assert.InRange(ValueOf(text, "fish_store_verified_timestamp_seconds"), before, before + 600);

        // It is served on: only what is damaged is not.
        Assert.Matches("^ready; known damage: [1-9]", await Client.GetStringAsync("/readyz", Stop));
    }

    [Fact]
    public async Task Metrics_WithoutVerification_TellNoTimeOfOne()
    {
        var text = await Client.GetStringAsync("/metrics", Stop);
        Assert.Equal(0, ValueOf(text, "fish_store_damaged"));
        Assert.DoesNotContain("fish_store_verified_timestamp_seconds{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WhereTheyAreOff_AreNoRoute()
    {
        await using var server = await ApiServer.StartAsync(settings: ("FishCheckpoint:Telemetry:Metrics", "false"));
        using var response = await server.Client.GetAsync("/metrics", Stop);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    // The sum of what has this name and these labels; names of the exposition format have no other meaning in an expression.
    private static double ValueOf(string text, string name, string label = "")
    {
        var found = Regex.Matches(text, $"(?m)^{name}({{[^\n]*}})? ([^ \n]+)", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Where(match => match.Groups[1].Value.Contains(label, StringComparison.Ordinal)).ToArray();
        Assert.True(found.Length > 0, $"{name} {label} is missing in\n{text}");
        return found.Sum(match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }
}

/// <summary>Tests that no others run beside.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Health;

public sealed partial class HealthTests : ApiTest
{
    [Fact]
    public async Task Health_IsOkAndReady()
    {
        Assert.Equal("ok\n", await Client.GetStringAsync("/healthz", Stop));
        Assert.Equal("ready\n", await Client.GetStringAsync("/readyz", Stop));
    }

    [Fact]
    public async Task Ready_WithoutFolder_IsNot()
    {
        var tmp = Path.Combine(Server.DataFolder, "tmp");
        Directory.Delete(tmp, recursive: true);
        using var response = await ExpectAsync(HttpStatusCode.ServiceUnavailable, GetAsync("/readyz"));
        Assert.Contains("STORAGE_UNAVAILABLE", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ready_WithTheDatabaseRemovedOrReplaced_IsNot_AndNothingIsSavedToIt(bool replaced)
    {
        var (database, aside) = (Path.Combine(Server.DataFolder, "fish.db"), Path.Combine(Server.DataFolder, "aside.db"));
        File.Move(database, aside);
        if (replaced)
        {
            File.Copy(aside, database);
        }

        using var response = await ExpectAsync(HttpStatusCode.ServiceUnavailable, GetAsync("/readyz"));
        Assert.Contains("STORAGE_UNAVAILABLE", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        await ExpectAsync(HttpStatusCode.ServiceUnavailable, SaveAsync(1, Base.Change(1)));
        File.Move(aside, database, overwrite: true);
        Assert.Equal("ready\n", await Client.GetStringAsync("/readyz", Stop));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
    }

    [Fact]
    public async Task Index_NamesEveryRouteOfTheDocument()
    {
        var index = (await Client.GetStringAsync("/", Stop)).Replace("{**", "{", StringComparison.Ordinal);
        var document = await JsonAsync<JsonElement>("/openapi/v1.json");
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            Assert.Contains(path.Name.TrimEnd('/'), index, StringComparison.Ordinal);
            Assert.All(path.Value.EnumerateObject(), operation => Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!));
        }
    }

    [Fact]
    public async Task Document_SaysDigestsAreText()
    {
        var text = await Client.GetStringAsync("/openapi/v1.json", Stop);
        var info = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("components").GetProperty("schemas").GetProperty("BaseInfo");
        var id = info.GetProperty("properties").GetProperty("id");
        Assert.Contains("^[0-9a-f]{64}$", id.TryGetProperty("$ref", out _) ? text : id.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpFile_ShowsEveryRoute()
    {
        var shown = await File.ReadAllTextAsync(Path.Combine(Repository(), "api", "api.http"), Stop);
        var document = await JsonAsync<JsonElement>("/openapi/v1.json");
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            var address = Parameter().Replace(Regex.Escape(path.Name).Replace("\\{", "{", StringComparison.Ordinal), "[^/ ]+");
            // HEAD is answered wherever GET is, and routes of others that are refused alone are not asked for.
            Assert.All(
                path.Value.EnumerateObject().Where(operation => operation.Name != "head" && Answers(operation.Value)),
                operation => Assert.Matches($"(?m)^{operation.Name.ToUpperInvariant()} {{{{server}}}}{address}( |\\?|$)", shown));
        }
    }

    private static bool Answers(JsonElement operation) =>
        operation.GetProperty("responses").EnumerateObject().Any(response => response.Name[0] is '2' or '3');

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FishCheckpoint.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }

    [GeneratedRegex("{[a-z]+}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();
}

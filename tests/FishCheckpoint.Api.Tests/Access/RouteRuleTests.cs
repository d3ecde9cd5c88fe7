using System.Text.RegularExpressions;
using FishCheckpoint.Api.Access;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

/// <summary>Every route says what it asks of a key, and docs/guides/access.md says the same.</summary>
public sealed partial class RouteRuleTests
{
    [Fact]
    public async Task Routes_AllDeclareWhatTheyAskFor()
    {
        Assert.NotEmpty(await RoutesAsync());
        Assert.All(
            await RoutesAsync(),
            route => Assert.True(route.Metadata.GetMetadata<AccessRule>() is not null, $"{route.DisplayName} declares no access rule."));
    }

    [Fact]
    public async Task Routes_ThatAreOpen_AreTheseAlone() => Assert.Equal(
        [
            "/", "/dashboard/{file}", "/docs/favicon.svg", "/docs/scalar.aspnetcore.js", "/docs/scalar.js", "/docs/{documentName?}",
            "/healthz", "/openapi/{documentName}.json", "/readyz",
        ],
        (await RoutesAsync()).Where(route => route.Metadata.GetMetadata<AccessRule>()!.Scope is null)
            .Select(route => route.RoutePattern.RawText!)
            .Order(StringComparer.Ordinal));

    [Fact]
    public async Task Routes_ThatNameATask_AreReachedThroughIt() => Assert.All(
        await RoutesAsync(),
        route => Assert.Equal(
            route.RoutePattern.RawText!.Contains("{task}", StringComparison.Ordinal),
                route.Metadata.GetMetadata<AccessRule>()!.Reach is Reach.Task or Reach.Repository));

    [Fact]
    public async Task Page_ListsEveryRouteWithItsRule()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "guides", "access.md"), TestContext.Current.CancellationToken);
        var written = Row().Matches(page).Select(
            row => $"{row.Groups["methods"].Value} {row.Groups["route"].Value} {row.Groups["scope"].Value} {row.Groups["reach"].Value}");
        Assert.Equal((await RoutesAsync()).Select(Spelled).Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    private static string Spelled(RouteEndpoint route)
    {
        var rule = route.Metadata.GetMetadata<AccessRule>()!;
        var methods = string.Join(' ', route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods);
        var path = route.RoutePattern.RawText is { Length: > 1 } text ? text.TrimEnd('/') : "/";
        return $"{methods} {path} {rule.Scope?.ToString().ToLowerInvariant() ?? "open"} {rule.Reach.ToString().ToLowerInvariant()}";
    }

    private static async Task<RouteEndpoint[]> RoutesAsync()
    {
        await using var server = FishServer.Build([]);
        return [.. ((IEndpointRouteBuilder)server).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FishCheckpoint.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }

    [GeneratedRegex(
        @"(?m)^\| `(?<methods>[A-Z ]+) (?<route>/\S*)` \| (?<scope>\w+) \| (?<reach>\w+) \|", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}

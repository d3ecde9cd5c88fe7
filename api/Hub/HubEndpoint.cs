using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;

namespace FishCheckpoint.Api.Hub;

/// <summary>A row of the table of the Hub's routes.</summary>
/// <param name="Methods">The methods, separated by spaces.</param>
/// <param name="Pattern">The path; <c>{repository}</c> stands for a name alone, and for one under the owner.</param>
/// <param name="Handler">Answers.</param>
/// <param name="Reach">What a key has to reach.</param>
/// <param name="Summary">What it does, for the description of the routes.</param>
internal sealed record HubEndpoint(string Methods, string Pattern, Delegate Handler, Reach Reach, string Summary)
{
    private const string Repository = "{repository}";

    private static readonly string[] Forms = ["{task}", "{owner}/{task}"];

    /// <summary>What is said of it besides. Default: nothing.</summary>
    public Action<RouteHandlerBuilder> Describe { get; init; } = _ => { };

    /// <summary>A row for what this server does not do.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="sentence">What is not done, and what to do instead.</param>
    public static HubEndpoint Refused(string methods, string pattern, string sentence) =>
        new(methods, pattern, HubRefusal.Of(sentence), pattern.Contains(Repository, StringComparison.Ordinal) ? Reach.Repository
            : Reach.Nothing, "Answer 501 with the reason: the server does not support this") { Describe = route => route.MayFail(501) };

    /// <summary>Adds the routes of the row.</summary>
    public void MapTo(IEndpointRouteBuilder routes)
    {
        foreach (var form in Pattern.Contains(Repository, StringComparison.Ordinal) ? Forms : [""])
        {
#pragma warning disable RDG002 // The rows' handlers are bound at the start.
            var route = routes.MapMethods(Pattern.Replace(Repository, form, StringComparison.Ordinal), Methods.Split(' '), Handler)
#pragma warning restore RDG002
                .Needs(KeyScope.Read, Reach).WithSummary(Summary);
            Describe(route);
        }
    }
}

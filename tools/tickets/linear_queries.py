"""What Linear is asked, in GraphQL. Names are those of its schema."""

_FIELDS = """
  id identifier title url createdAt updatedAt
  state { name type } creator { displayName } assignee { displayName } labels(first: 30) { nodes { name } }
"""

LIST = f"""query($filter: IssueFilter, $first: Int) {{
  found: issues(filter: $filter, first: $first, orderBy: updatedAt) {{ nodes {{ {_FIELDS} }} }}
}}"""

SEARCH = f"""query($term: String!, $filter: IssueFilter, $first: Int) {{
  found: searchIssues(term: $term, filter: $filter, first: $first) {{ nodes {{ {_FIELDS} }} }}
}}"""

ISSUE = f"""query($id: String!, $comments: Int) {{
  issue(id: $id) {{
    {_FIELDS} description team {{ key }}
    comments(first: $comments, orderBy: createdAt) {{ nodes {{ body createdAt user {{ displayName }} }} }}
  }}
}}"""

ISSUE_BY_ID = "query($id: ID!) { issues(filter: {id: {eq: $id}}, includeArchived: true) { nodes { id identifier url } } }"

COMMENT_BY_ID = "query($id: ID!) { comments(filter: {id: {eq: $id}}, includeArchived: true) { nodes { id } } }"

TEAM = "query($key: String!) { teams(filter: {key: {eq: $key}}) { nodes { id key } } }"

STATES = """query($key: String!) {
  workflowStates(filter: {team: {key: {eq: $key}}}, first: 100) { nodes { id name type } }
}"""

LABELS = "query($filter: IssueLabelFilter) { issueLabels(filter: $filter, first: 100) { nodes { id name team { key } } } }"

CREATE = "mutation($input: IssueCreateInput!) { done: issueCreate(input: $input) { success issue { id identifier url } } }"

COMMENT = "mutation($input: CommentCreateInput!) { done: commentCreate(input: $input) { success comment { id url } } }"

MOVE = "mutation($id: String!, $input: IssueUpdateInput!) { done: issueUpdate(id: $id, input: $input) { success } }"

ADD_LABELS = MOVE
